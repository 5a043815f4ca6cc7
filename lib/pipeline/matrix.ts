/** Matrix stages: axes, the product of their values, and the names of instances. */
import { createHash } from 'node:crypto';
import { compareUtf8 } from '../base/canonical-json.ts';
import type { Scalar } from '../model/stage.ts';

export interface Axis {
  /** The param that takes the values. */
  readonly path: string;
  readonly values: readonly Scalar[];
  /** The values as they stand in instance names. */
  readonly labels: readonly string[];
}

/** The combinations of a matrix written as a list: those of any of its blocks, each a product of its own. All have the same axes. */
export interface Selection {
  /** Of each block, by axis path, the identities of its values. */
  readonly blocks: readonly ReadonlyMap<string, ReadonlySet<string>>[];
}

/** The places of a stage's instances: the product of the axes, less what a selection leaves out. */
export interface Grid {
  readonly axes: readonly Axis[];
  readonly selections: readonly Selection[];
}

export const MAX_INSTANCES = 100_000;

/** A folder name holds 255 bytes; `stage[label]` must fit with a stage name of up to 64. */
export const MAX_LABEL_BYTES = 180;

const MAX_VALUE_LENGTH = 64;

/**
 * A value as a part of a folder name: letters, digits, `.`, `_`, `+` and `-` as they are, other bytes as %XX. A value that
 * becomes longer than 64 characters keeps 40 of them, `~` and 12 hex digits of its sha256. A string that reads like a number or
 * a boolean keeps its quotes: the label stands for the value in action keys, and 7 is not "7".
 */
export function labelValue(value: Scalar): string {
  const text = typeof value === 'string' && readsLikeAnotherType(value) ? JSON.stringify(value) : String(value);
  const encoded = encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const safe = encoded.replaceAll('%2B', '+');
  if (safe.length <= MAX_VALUE_LENGTH) return safe;
  return `${safe.slice(0, 40)}~${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

function readsLikeAnotherType(text: string): boolean {
  return text === 'true' || text === 'false' || (text.trim() !== '' && !Number.isNaN(Number(text)));
}

/** Equal values of one type, and only these, have equal identities. */
export function valueIdentity(value: Scalar): string {
  return `${typeof value} ${value}`;
}

export function makeAxis(path: string, values: readonly Scalar[]): Axis {
  return { path, values, labels: values.map(labelValue) };
}

/** In UTF-8 order of their paths: the order of coordinates and of names. */
export function sortAxes(axes: Iterable<Axis>): Axis[] {
  return [...axes].sort((a, b) => compareUtf8(a.path, b.path));
}

/** An axis's name inside instance names: the last segment of its path when no other axis ends so, else the whole path. */
export function axisNames(axes: readonly Axis[]): string[] {
  const lastKeys = axes.map((axis) => axis.path.slice(axis.path.lastIndexOf('.') + 1));
  return axes.map((axis, i) => {
    const last = lastKeys[i] as string;
    return encodeKey(lastKeys.indexOf(last) === lastKeys.lastIndexOf(last) ? last : axis.path);
  });
}

export function countInstances(axes: readonly Axis[]): number {
  return axes.reduce((product, axis) => product * axis.values.length, 1);
}

/** Every combination that there is, as indexes into the axes' values, the last axis fastest. The array is reused: copy what is kept. */
export function* combinations({ axes, selections }: Grid): Generator<readonly number[]> {
  const digits = axes.map(() => 0);
  const total = countInstances(axes);
  const tests = selections.map((selection) => admits(selection, axes));
  for (let n = 0; n < total; n++) {
    if (tests.every((test) => test(digits))) yield digits;
    for (let i = digits.length - 1; i >= 0; i--) {
      digits[i] = (digits[i] as number) + 1;
      if ((digits[i] as number) < (axes[i] as Axis).values.length) break;
      digits[i] = 0;
    }
  }
}

function admits({ blocks }: Selection, axes: readonly Axis[]): (digits: readonly number[]) => boolean {
  const tables = blocks.map((block) =>
    axes.map(({ path, values }) => {
      const chosen = block.get(path);
      return chosen === undefined ? undefined : values.map((value) => chosen.has(valueIdentity(value)));
    }),
  );
  return (digits) => tables.some((table) => table.every((row, i) => row?.[digits[i] as number] ?? true));
}

function encodeKey(path: string): string {
  return path.split('.').map(labelValue).join('.');
}
