/** A stage after its matrix: the names and coordinates of its instances, and how others find them. */
import type { FanInMember, OutputKind, Scalar } from '../model/stage.ts';
import { axisNames, combinations, labelValue, valueIdentity, type Axis, type Grid } from './matrix.ts';

export class Expansion {
  readonly stage: string;
  readonly grid: Grid;
  readonly outputs: Readonly<Record<string, OutputKind>>;
  /** Faults, already reported, leave the instances unknown. */
  readonly isBroken: boolean;
  /** In the order of the matrix, the last axis fastest; as `combinations` of the grid gives them. */
  readonly labels: readonly string[];
  readonly coordinates: readonly Readonly<Record<string, Scalar>>[];
  readonly #names: readonly string[];
  readonly #strides: readonly number[];
  /** From the place in the whole product to the index of the instance. Undefined when the product is whole. */
  readonly #indexes: ReadonlyMap<number, number> | undefined;
  readonly #members = new Map<string, readonly FanInMember[]>();

  constructor(stage: string, grid: Grid, outputs: Readonly<Record<string, OutputKind>>, isBroken: boolean) {
    const { axes } = grid;
    this.stage = stage;
    this.grid = grid;
    this.outputs = outputs;
    this.isBroken = isBroken;
    this.#names = axisNames(axes);
    this.#strides = axes.map((_, i) => axes.slice(i + 1).reduce((product, axis) => product * axis.values.length, 1));
    const labels: string[] = [];
    const coordinates: Record<string, Scalar>[] = [];
    const indexes = new Map<number, number>();
    for (const digits of isBroken ? [] : combinations(grid)) {
      if (grid.selections.length > 0) indexes.set(this.#place(digits), indexes.size);
      labels.push(axes.map((axis, i) => `${this.#names[i]}=${axis.labels[digits[i] as number]}`).join(','));
      coordinates.push(
        Object.fromEntries(axes.map((axis, i) => [axis.path, axis.values[digits[i] as number] as Scalar])),
      );
    }
    this.labels = labels;
    this.coordinates = coordinates;
    this.#indexes = grid.selections.length > 0 ? indexes : undefined;
  }

  get axes(): readonly Axis[] {
    return this.grid.axes;
  }

  get axisNames(): readonly string[] {
    return this.#names;
  }

  id(index: number): string {
    return this.axes.length === 0 ? this.stage : `${this.stage}[${this.labels[index]}]`;
  }

  /** For a stage expanded over (at least) these axes: from its digits to the index of the instance here that matches. */
  matcher(axes: readonly Axis[]): ((digits: readonly number[]) => number) | undefined {
    const steps: { position: number; offsets: readonly number[] }[] = [];
    for (const [i, axis] of this.axes.entries()) {
      const position = axes.findIndex((other) => other.path === axis.path);
      if (position < 0) return undefined;
      const places = new Map(axis.values.map((value, place) => [valueIdentity(value), place]));
      const stride = this.#strides[i] as number;
      // The joining of axes has made sure that every value is known here, and every combination.
      const offsets = (axes[position] as Axis).values.map((value) => (places.get(valueIdentity(value)) ?? 0) * stride);
      steps.push({ position, offsets });
    }
    return (digits) => {
      let place = 0;
      for (const { position, offsets } of steps) place += offsets[digits[position] as number] as number;
      return this.#indexAt(place) ?? 0;
    };
  }

  /** The index of the instance with this label. Axes may be in any order and written in full, values plain or as in the label. */
  findLabel(label: string): number | undefined {
    const given = label
      .split(',')
      .map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()] as const);
    if (given.length !== this.axes.length) return undefined;
    const digits: number[] = [];
    for (const axis of this.axes) {
      const i = digits.length;
      const value = given.find(([name]) => name === this.#names[i] || name === axis.path)?.[1];
      if (value === undefined) return undefined;
      const asWritten = axis.labels.indexOf(value);
      const digit = asWritten >= 0 ? asWritten : axis.labels.indexOf(labelValue(value));
      if (digit < 0) return undefined;
      digits.push(digit);
    }
    return this.#indexAt(this.#place(digits));
  }

  /** One output of every instance. One list, however many read it. */
  members(output: string): readonly FanInMember[] {
    const known = this.#members.get(output);
    if (known !== undefined) return known;
    const members = this.labels.map((label, i) => ({
      instance: this.id(i),
      output,
      label,
      coordinates: this.coordinates[i] as Readonly<Record<string, Scalar>>,
    }));
    this.#members.set(output, members);
    return members;
  }

  #place(digits: readonly number[]): number {
    return digits.reduce((place, digit, i) => place + digit * (this.#strides[i] as number), 0);
  }

  #indexAt(place: number): number | undefined {
    return this.#indexes === undefined ? place : this.#indexes.get(place);
  }
}
