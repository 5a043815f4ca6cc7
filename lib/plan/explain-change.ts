/** What differs between two actions, field by field: the answer to `assay why`. */
import { canonicalJson, compareUtf8, type Json, type JsonObject } from '../base/canonical-json.ts';
import type { Action } from '../model/action.ts';
import type { Reason } from '../model/plan.ts';

export type Change = Extract<Reason, { kind: 'changed' }>;

type FieldName = keyof Action;

/** What people edit first; then what moves under them. A Record, so that a new field of Action does not compile without its place. */
const ORDER: Record<FieldName, number> = {
  params: 0,
  code: 1,
  inputs: 2,
  program: 3,
  outputs: 4,
  packages: 5,
  env: 6,
  runtime: 7,
  salt: 8,
  schema: 9,
};

const FIELDS = (Object.keys(ORDER) as FieldName[]).sort((a, b) => ORDER[a] - ORDER[b]);

/**
 * Every field that differs: `params.attack.count`, `code.stages/poison.ts`, `inputs.data`, `inputs.metrics[chosen=7]`,
 * `packages.tar`, `env.LANG`, `runtime.node`. Empty exactly when both have the same key. Old and new values are what the actions hold;
 * undefined where the field is not there. Objects are entered, arrays are compared whole.
 */
export function explainChange(from: Action, to: Action): Change[] {
  return FIELDS.flatMap((field) => {
    const before: Json = from[field];
    const after: Json = to[field];
    // A program is one thing, whichever its kind: `module` gone and `shell` come would be two reasons for one edit.
    return field === 'program' ? compareWhole(field, before, after) : compare(field, field, before, after);
  });
}

function compare(field: FieldName, path: string, from: Json | undefined, to: Json | undefined): Change[] {
  if (!isObject(from) || !isObject(to)) return compareWhole(path, from, to);
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort(compareUtf8);
  return names.flatMap((name) =>
    compare(field, memberPath(field, path, name), ownMember(from, name), ownMember(to, name)),
  );
}

/** A fan-in's members are written as in a stage instance's name: their labels hold dots and equals signs. */
function memberPath(field: FieldName, path: string, name: string): string {
  return field === 'inputs' && path !== field ? `${path}[${name}]` : `${path}.${name}`;
}

function compareWhole(field: string, from: Json | undefined, to: Json | undefined): Change[] {
  return isSame(from, to) ? [] : [{ kind: 'changed', field, from, to }];
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || typeof a !== 'object' || typeof b !== 'object') return false;
  return canonicalJson(a) === canonicalJson(b);
}

function ownMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
