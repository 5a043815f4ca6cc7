/** Params with their templates resolved, on demand and remembered. */
import type { Json, JsonObject } from '../base/canonical-json.ts';
import { compareUtf8 } from '../base/canonical-json.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Scalar } from '../model/stage.ts';
import { isMap, listPaths, overlaps, textsIn, withParam } from './param-tree.ts';
import { didYouMean } from './problems.ts';
import { describe } from './describe-value.ts';
import { escapeTemplate, parseTemplate, type ParamPart } from './template.ts';

export interface TemplateProblem {
  readonly code: 'unknown-param' | 'bad-template' | 'template-cycle';
  readonly message: string;
  readonly hint?: string;
  /** The piece of the text to point at. */
  readonly source?: string;
  /** What was looked up by the value of another param is not there: one cause, however many texts look it up. */
  readonly isLookup?: true;
  /** Of a cycle, the params on the way round, from the first in UTF-8 order back to it. Its first is to blame. */
  readonly trail?: readonly string[];
  /** The fault lies in a param that the text leads to, and is reported there. */
  readonly isElsewhere: boolean;
}

/** Params that lead to params that lead to params: beyond this the stack, not the reader, is the limit. */
const MAX_DEPTH = 100;

export class ParamScope {
  readonly #tree: JsonObject;
  readonly #resolved = new Map<string, Result<Json, TemplateProblem>>();
  readonly #dependencies = new Map<string, ReadonlySet<string>>();
  /** Paths of the texts being resolved, outermost first. */
  readonly #open: string[] = [];
  #paths: string[] | undefined;

  /** `tree`: after profile and overrides, templates as written. */
  constructor(tree: JsonObject) {
    this.#tree = tree;
  }

  /** The same params with a matrix instance's coordinates in their places. */
  withCoordinates(coordinates: Readonly<Record<string, Scalar>>): ParamScope {
    let tree = this.#tree;
    for (const [path, value] of Object.entries(coordinates)) {
      const literal = typeof value === 'string' ? escapeTemplate(value) : value;
      tree = withParam(tree, path.split('.'), literal);
    }
    return new ParamScope(tree);
  }

  /** Every dotted path, for "did you mean". */
  get paths(): readonly string[] {
    return (this.#paths ??= listPaths(this.#tree));
  }

  /** The value as declared, templates unresolved; undefined when there is no such param. */
  declared(path: string): Json | undefined {
    let node: Json | undefined = this.#tree;
    for (const key of path.split('.')) node = isMap(node) && Object.hasOwn(node, key) ? node[key] : undefined;
    return node;
  }

  /** The value of the param at a dotted path. */
  param(path: string): Result<Json, TemplateProblem> {
    let node: Json = this.#tree;
    let at = '';
    let isResolved = false;
    for (const key of path.split('.')) {
      if (typeof node === 'string' && !isResolved) {
        const value = this.#text(at, node);
        if (!value.ok) return elsewhere(value.error);
        node = value.value;
        isResolved = true;
      }
      const child: Json | undefined = isMap(node) && Object.hasOwn(node, key) ? node[key] : undefined;
      if (child === undefined) return err(this.#unknown(path));
      node = child;
      at = at === '' ? key : `${at}.${key}`;
    }
    if (isResolved) return ok(node);
    const value = this.#value(node, at);
    return value.ok ? value : elsewhere(value.error);
  }

  /** A value of the file with the templates in all its texts resolved. */
  resolve(value: Json): Result<Json, TemplateProblem> {
    return this.#value(value, undefined);
  }

  /** Text with every placeholder filled in. `escape` is applied to what params put into it. */
  text(text: string, escape: (value: string) => string = (value) => value): Result<Json, TemplateProblem> {
    const parsed = parseTemplate(text);
    if (!parsed.ok) return err({ code: 'bad-template', ...parsed.error, isElsewhere: false });
    const [only, ...more] = parsed.value;
    if (more.length === 0 && only !== undefined && typeof only !== 'string') {
      const value = this.#part(only);
      return value.ok && typeof value.value === 'string' ? ok(escape(value.value)) : value;
    }
    let joined = '';
    for (const part of parsed.value) {
      if (typeof part === 'string') {
        joined += part;
        continue;
      }
      const value = this.#part(part);
      if (!value.ok) return value;
      if (typeof value.value === 'object') return err(notScalar(part.source, value.value));
      joined += escape(String(value.value));
    }
    return ok(joined);
  }

  /** Every text of the params, resolved for its faults alone: each with the path of the text that has it. */
  *faults(): Generator<{ path: string; problem: TemplateProblem }> {
    const reportedCycles = new Set<string>();
    for (const { path, text } of textsIn(this.#tree, '')) {
      const value = this.#text(path, text);
      if (value.ok) continue;
      const { trail } = value.error;
      if (trail === undefined) {
        if (!value.error.isElsewhere) yield { path, problem: value.error };
      } else if (!reportedCycles.has(trail.join())) {
        reportedCycles.add(trail.join());
        yield { path: trail[0] ?? path, problem: value.error };
      }
    }
  }

  /** Whether a change of any of these params could change what the texts in `value` give. */
  isTouchedBy(value: Json, axes: readonly string[]): boolean {
    if (axes.length === 0) return false;
    for (const { text } of textsIn(value, '')) {
      for (const param of paramsOf(text)) if (this.isParamTouchedBy(param, axes)) return true;
    }
    return false;
  }

  isParamTouchedBy(path: string, axes: readonly string[]): boolean {
    for (const reached of this.#reach(path)) if (axes.some((axis) => overlaps(reached, axis))) return true;
    return false;
  }

  /** The param and all that its templates lead to. */
  #reach(path: string): ReadonlySet<string> {
    const known = this.#dependencies.get(path);
    if (known !== undefined) return known;
    const reached = new Set([path]);
    for (const next of reached) {
      // A set iterates over what is added while it iterates.
      for (const param of this.#paramsAround(next)) reached.add(param);
    }
    this.#dependencies.set(path, reached);
    return reached;
  }

  #paramsAround(path: string): string[] {
    let node: Json | undefined = this.#tree;
    for (const key of path.split('.')) {
      if (typeof node === 'string') break;
      node = isMap(node) && Object.hasOwn(node, key) ? node[key] : undefined;
    }
    return node === undefined ? [] : [...textsIn(node, '')].flatMap(({ text }) => paramsOf(text));
  }

  #part(part: ParamPart): Result<Json, TemplateProblem> {
    const path = this.#path(part);
    if (!path.ok) return path;
    const value = this.param(path.value);
    if (value.ok || value.error.isElsewhere) return value;
    const { message, ...problem } = value.error;
    if (part.path.length === 1) return err({ ...problem, message, source: part.source });
    const found = `${message.slice(0, -1)}, which "${part.source}" looks up.`;
    return err({ ...problem, message: found, source: part.source, isLookup: true });
  }

  /** The path with the values of the params in it. */
  #path(part: ParamPart): Result<string, TemplateProblem> {
    let path = '';
    for (const piece of part.path) {
      if (typeof piece === 'string') {
        path += piece;
        continue;
      }
      const key = this.#part(piece);
      if (!key.ok) return key;
      if (typeof key.value === 'object') return err(notScalar(piece.source, key.value));
      path += String(key.value);
    }
    return ok(path);
  }

  /** `at` is the path of the param that holds the value; undefined for a value that is no param. */
  #value(value: Json, at: string | undefined): Result<Json, TemplateProblem> {
    if (typeof value === 'string') return at === undefined ? this.text(value) : this.#text(at, value);
    if (typeof value !== 'object' || value === null) return ok(value);
    const entries: [string, Json][] = [];
    for (const [key, item] of Object.entries(value) as [string, Json][]) {
      const path = at === undefined ? undefined : Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`;
      const resolved = this.#value(item, path);
      if (!resolved.ok) return resolved;
      entries.push([key, resolved.value]);
    }
    return ok(Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries));
  }

  /** The text of a param. */
  #text(at: string, text: string): Result<Json, TemplateProblem> {
    if (!text.includes('${')) return ok(text);
    const known = this.#resolved.get(at);
    if (known !== undefined) return known;
    const opened = this.#open.indexOf(at);
    if (opened >= 0) return err(cycle(this.#open.slice(opened)));
    if (this.#open.length >= MAX_DEPTH) {
      const message = `templates lead from param to param more than ${MAX_DEPTH} times from here.`;
      return err({ code: 'bad-template', message, trail: this.#open.slice(0, 1), isElsewhere: true });
    }
    this.#open.push(at);
    const value = this.text(text);
    this.#open.pop();
    this.#resolved.set(at, value);
    return value;
  }

  #unknown(path: string): TemplateProblem {
    const hint = didYouMean(path, this.paths);
    const message = `there is no param "${path}".`;
    return { code: 'unknown-param', message, ...(hint === undefined ? {} : { hint }), isElsewhere: false };
  }
}

/** The params that a text names. Of a path that depends on a value, the map in which the value is looked up stands for all. */
function paramsOf(text: string): string[] {
  const parsed = parseTemplate(text);
  return parsed.ok ? parsed.value.flatMap((part) => (typeof part === 'string' ? [] : paramsIn(part))) : [];
}

function paramsIn({ path: [first, ...more] }: ParamPart): string[] {
  const name = first as string;
  if (more.length === 0) return [name];
  return [
    name.slice(0, name.lastIndexOf('.')),
    ...more.flatMap((part) => (typeof part === 'string' ? [] : paramsIn(part))),
  ];
}

function elsewhere(problem: TemplateProblem): Result<never, TemplateProblem> {
  return err({ ...problem, isElsewhere: true });
}

function notScalar(source: string, value: Json): TemplateProblem {
  const message = `"${source}" inside a text must give text, a number, true or false; it gives ${describe(value)}.`;
  return { code: 'bad-template', message, source, isElsewhere: false };
}

/** The same cycle reads the same from wherever it is entered. */
function cycle(round: readonly string[]): TemplateProblem {
  const first = [...round].sort(compareUtf8)[0] ?? '';
  const start = round.indexOf(first);
  const trail = [...round.slice(start), ...round.slice(0, start), first];
  const message = `these params stand for each other: ${trail.join(' -> ')}.`;
  return { code: 'template-cycle', message, trail, isElsewhere: true };
}
