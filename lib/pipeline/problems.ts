/** Collects everything that is wrong with a pipeline file, each in its place. */
import { nearestName } from '../base/did-you-mean.ts';
import { compareUtf8 } from '../base/canonical-json.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Blame, YamlTree } from './yaml-tree.ts';

/** A file with more faults than this has one cause; nearest names are no longer looked for, which takes time. */
const MAX_HINTED = 200;

export class Problems {
  readonly tree: YamlTree;
  readonly #found = new Map<string, Diagnostic>();

  constructor(tree: YamlTree) {
    this.tree = tree;
    for (const fault of tree.faults) this.#keep(fault);
  }

  get count(): number {
    return this.#found.size;
  }

  /** `blame` null: no place in the file is at fault. The same message at the same place is kept once. */
  add(code: string, blame: Blame | null, message: string, hint?: string): void {
    const place = blame === null ? {} : this.tree.locate(blame);
    this.#keep({ code, message, ...place, ...(hint === undefined ? {} : { hint }) });
  }

  /**
   * Keeps one fault of a code at a place, however many instances of a matrix find it there with values of their own; or, with an
   * `identity`, one wherever it is found.
   */
  addOnce(code: string, blame: Blame, message: string, hint?: string, identity?: string): void {
    const place = this.tree.locate(blame);
    const { line, column } = place.location;
    const key = `${code} ${identity ?? `${line}:${column}`}`;
    this.#keep({ code, message, ...place, ...(hint === undefined ? {} : { hint }) }, key);
  }

  didYouMean(name: string, candidates: Iterable<string>): string | undefined {
    if (this.count > MAX_HINTED) return undefined;
    return didYouMean(name, candidates);
  }

  /** By position; those without one first. */
  list(): Diagnostic[] {
    return [...this.#found.values()].sort(comparePositions);
  }

  #keep(diagnostic: Diagnostic, identity?: string): void {
    const { code, location, message } = diagnostic;
    const key = identity ?? `${code} ${location?.line}:${location?.column} ${message}`;
    if (!this.#found.has(key)) this.#found.set(key, diagnostic);
  }
}

export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

function comparePositions(a: Diagnostic, b: Diagnostic): number {
  if (a.location === undefined && b.location === undefined) return 0;
  return (
    (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
    (a.location?.column ?? 0) - (b.location?.column ?? 0) ||
    compareUtf8(a.code, b.code)
  );
}
