/** YAML text to plain values that still know their place in the text. */
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from 'yaml';
import type { Json } from '../base/canonical-json.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Diagnostic, SourceLocation } from '../model/diagnostic.ts';
import { findNestingFault, wordSyntaxError } from './yaml-syntax.ts';

/** Keys and list indexes from the root: `['stages', 'poison', 'params', 0]`. */
export type TreePath = readonly (string | number)[];

/** Which part of the entry at `path` is meant. `within`: only this text inside the value, where it is written so. */
export interface Blame {
  readonly path: TreePath;
  readonly part?: 'key' | 'value';
  readonly within?: string;
}

export interface Place {
  readonly location: SourceLocation;
  readonly sourceLine: string;
}

export interface YamlTree {
  readonly value: Json;
  /** Faults that leave the rest of the tree readable: duplicate keys, numbers that JSON cannot hold. */
  readonly faults: readonly Diagnostic[];
  /** The place of an entry, or of the nearest one around it that exists. */
  locate(blame: Blame): Place;
}

/** A node of the text: its span, the span of its key, and its children. */
interface Located {
  readonly span: Span;
  readonly keySpan: Span | undefined;
  readonly children: ReadonlyMap<string | number, Located> | undefined;
}
type Span = readonly [start: number, end: number];

/** Parses YAML 1.2 (core schema). The error holds syntax faults only: a text that has them has no tree worth reading. */
export function parseYamlTree(text: string, file: string): Result<YamlTree, Diagnostic[]> {
  const places = new Places(text, file);
  const nesting = findNestingFault(text);
  if (nesting !== undefined) return err([places.fault('yaml-syntax', [nesting, nesting + 1], 'is nested too deeply.')]);

  const document = parseDocument(text, {
    // Keys are compared in TreeReader: once each, where the library compares each with every other, and with better words.
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
  });
  const syntax = [...document.errors, ...document.warnings].map((error) => {
    const { message, hint } = wordSyntaxError(error.code, error.message);
    return places.fault('yaml-syntax', error.pos, message, hint);
  });
  if (syntax.length > 0) return err(firstAtEachPlace(syntax));

  const reader = new TreeReader(document, places);
  const root = reader.read(document.contents, undefined, []);
  if (reader.isUnreadable) return err(reader.faults);
  try {
    return ok({ value: document.toJS() as Json, faults: reader.faults, locate: (blame) => places.of(root, blame) });
  } catch (error) {
    // The library's guard against a few lines of aliases that stand for millions of values.
    if (!(error instanceof ReferenceError)) throw error;
    return err([places.fault('yaml-syntax', [0, 1], 'repeats aliases until they stand for too much; write it out.')]);
  }
}

/** One unclosed bracket makes several errors where the text ends. */
function firstAtEachPlace(faults: readonly Diagnostic[]): Diagnostic[] {
  const places = new Map<string, Diagnostic>();
  for (const fault of faults) {
    const at = `${fault.location?.line}:${fault.location?.column}`;
    if (!places.has(at)) places.set(at, fault);
  }
  return [...places.values()];
}

/** Offsets to lines and columns. */
class Places {
  readonly #text: string;
  readonly #file: string;
  /** The offset at which each line starts. */
  readonly #lineStarts = [0];

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  of(root: Located, blame: Blame): Place {
    let found = root;
    let isExact = true;
    for (const step of blame.path) {
      const next = found.children?.get(step);
      if (next === undefined) {
        isExact = false;
        break;
      }
      found = next;
    }
    const wantsKey = blame.part === 'key' || !isExact;
    const span = wantsKey && found.keySpan !== undefined ? found.keySpan : found.span;
    return this.at(blame.within === undefined ? span : this.#narrow(span, blame.within));
  }

  /** A span's first line only: a marker cannot run over several. */
  at([start, end]: Span): Place {
    const line = this.lineOf(start);
    const lineStart = this.#lineStarts[line - 1] as number;
    const newline = this.#text.indexOf('\n', lineStart);
    const sourceLine = this.#text.slice(lineStart, newline < 0 ? undefined : newline).replace(/\r$/, '');
    const length = Math.max(1, Math.min(end, lineStart + sourceLine.length) - start);
    return { location: { file: this.#file, line, column: start - lineStart + 1, length }, sourceLine };
  }

  lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  fault(code: string, [start, end]: readonly [number, number], message: string, hint?: string): Diagnostic {
    const text = message.startsWith('is ') || message.startsWith('repeats ') ? `${this.#file} ${message}` : message;
    return { code, message: text, ...this.at([start, end]), ...(hint === undefined ? {} : { hint }) };
  }

  #narrow([start, end]: Span, within: string): Span {
    const offset = this.#text.slice(start, end).indexOf(within);
    return offset < 0 ? [start, end] : [start + offset, start + offset + within.length];
  }
}

/** Walks the document once, indexing every entry by key and noting what no Assay file may hold. */
class TreeReader {
  readonly faults: Diagnostic[] = [];
  isUnreadable = false;
  readonly #document: Document;
  readonly #places: Places;
  /** Nodes read through an anchor are read once, however many aliases name them. */
  readonly #read = new Map<Node, Located | 'in progress'>();

  constructor(document: Document, places: Places) {
    this.#document = document;
    this.#places = places;
  }

  read(node: unknown, keySpan: Span | undefined, path: TreePath): Located {
    if (isAlias(node)) return this.#readAlias(node, keySpan, path);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) {
      const span = keySpan ?? [0, 1];
      return { span, keySpan, children: undefined };
    }
    const span: Span = node.range === undefined || node.range === null ? [0, 1] : [node.range[0], node.range[1]];
    this.#read.set(node, 'in progress');
    let children: Map<string | number, Located> | undefined;
    if (isMap(node)) {
      children = new Map();
      for (const pair of node.items) this.#readPair(pair.key, pair.value, children, path);
    } else if (isSeq(node)) {
      children = new Map(node.items.map((item, i) => [i, this.read(item, undefined, [...path, i])]));
    } else {
      this.#checkScalar(node, span);
    }
    const located = { span, keySpan, children };
    this.#read.set(node, located);
    return located;
  }

  #readPair(keyNode: unknown, value: unknown, children: Map<string | number, Located>, path: TreePath): void {
    if (!isScalar(keyNode)) return;
    const key = String(keyNode.value);
    const keySpan: Span = [keyNode.range?.[0] ?? 0, keyNode.range?.[1] ?? 1];
    const first = children.get(key);
    if (first?.keySpan !== undefined) this.#addDuplicate(key, keySpan, first.keySpan, path);
    if (key === '__proto__') {
      this.faults.push(this.#places.fault('bad-name', keySpan, 'no key may be called "__proto__".'));
      this.isUnreadable = true;
    }
    children.set(key, this.read(value, keySpan, [...path, key]));
  }

  #addDuplicate(key: string, keySpan: Span, first: Span, path: TreePath): void {
    const line = this.#places.lineOf(first[0]);
    const [root, stage, part] = path;
    const isOutput = path.length === 3 && root === 'stages' && part === 'outputs';
    const message = isOutput
      ? `stage "${stage}" declares the output "${key}" twice; the first is on line ${line}.`
      : `"${key}" is given twice; the first is on line ${line}.`;
    this.faults.push(this.#places.fault(isOutput ? 'duplicate-output' : 'duplicate-key', keySpan, message));
  }

  #readAlias(
    alias: Node & { source: string; resolve(document: Document): Node | undefined },
    keySpan: Span | undefined,
    path: TreePath,
  ): Located {
    const span: Span = [alias.range?.[0] ?? 0, alias.range?.[1] ?? 1];
    const target = alias.resolve(this.#document);
    const known = target === undefined ? undefined : this.#read.get(target);
    if (target === undefined || known === 'in progress') {
      const message =
        target === undefined
          ? `the alias "*${alias.source}" has no anchor "&${alias.source}" before it.`
          : `the alias "*${alias.source}" stands inside what it names.`;
      this.faults.push(this.#places.fault('yaml-syntax', span, message));
      this.isUnreadable = true;
      return { span, keySpan, children: undefined };
    }
    return { ...(known ?? this.read(target, keySpan, path)), span, keySpan };
  }

  #checkScalar(node: { value: unknown }, span: Span): void {
    const { value } = node;
    if (typeof value === 'number') {
      // -0 and 0 are one number to people and two to a hash.
      if (value === 0) node.value = 0;
      else if (!Number.isFinite(value)) this.#addBadNumber(span, 'infinities and NaN cannot be hashed; use a number.');
      else if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21)
        this.#addBadNumber(span, 'a whole number beyond 9007199254740991 cannot be held exactly; quote it.');
    } else if (typeof value === 'string' && !value.isWellFormed()) {
      this.#addBadNumber(span, 'this text holds half of a surrogate pair, which UTF-8 cannot write.');
    }
  }

  #addBadNumber(span: Span, message: string): void {
    this.faults.push(this.#places.fault('wrong-type', span, message));
  }
}
