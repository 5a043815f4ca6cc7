/** A reason to run as one line of plain words, the same in plan, why and run. */
import type { Json } from '../base/canonical-json.ts';
import { parseDigest, shortDigest } from '../base/digest.ts';
import { unreachable } from '../base/errors.ts';
import type { Damage } from '../model/artifact.ts';
import type { Reason } from '../model/plan.ts';

// A reason shares its line with the stage's name and a time: 100 columns less those, for two values and an arrow.
const LONGEST_VALUE = 32;

/** `attack.count 600 -> 1200`, `code stages/poison.ts edited`, `never run`. Lower case, no full stop, never more than one line. */
export function renderReason(reason: Reason): string {
  switch (reason.kind) {
    case 'never-run':
      return 'never run';
    case 'result-removed':
      return 'result removed';
    case 'forced':
      return 'forced';
    case 'damaged':
      return renderDamage(reason.output, reason.damage);
    case 'changed':
      return renderChange(reason.field, reason.from, reason.to);
    default:
      return unreachable(reason);
  }
}

function renderDamage(output: string, damage: Damage): string {
  const what = damage.path === null ? 'manifest' : damage.path === '.' ? 'file' : damage.path;
  return `artifact ${output}: ${what} ${damage.problem === 'missing' ? 'missing from' : 'altered in'} the store`;
}

function renderChange(field: string, from: Json | undefined, to: Json | undefined): string {
  const dot = field.indexOf('.');
  const group = dot === -1 ? field : field.slice(0, dot);
  const name = field.slice(dot + 1);
  switch (group) {
    case 'params':
      return dot === -1 ? values('params', from, to) : values(name, from, to);
    case 'code':
      return `code ${name} ${from === undefined ? 'added' : to === undefined ? 'removed' : 'edited'}`;
    case 'inputs':
      return renderInput(name, from, to);
    case 'packages':
      return renderPackage(name, from, to);
    case 'env':
      return renderEnv(name, from, to);
    case 'outputs':
      return values(`output ${name}`, from, to);
    case 'runtime':
      return values(name, from ?? undefined, to ?? undefined, 'none');
    case 'program':
      return values('program', programText(from), programText(to));
    default:
      // salt, schema: they say that Assay itself runs stages in another way than it did.
      return values(`engine ${field}`, from, to);
  }
}

function renderInput(name: string, from: Json | undefined, to: Json | undefined): string {
  if (from === undefined) return `input ${name} added`;
  if (to === undefined) return `input ${name} removed`;
  if (typeof from === 'string' && typeof to === 'string') {
    return `input ${name} is new content ${value(from)} -> ${value(to)}`;
  }
  return `input ${name} ${typeof to === 'string' ? 'reads one output' : 'reads every instance'} now`;
}

function renderEnv(name: string, from: Json | undefined, to: Json | undefined): string {
  const text = (state: Json): string => (state === null ? 'unset' : value(state));
  if (from === undefined) return `${name} declared: ${text(to ?? null)}`;
  return to === undefined ? `${name} no longer declared` : `${name} ${text(from)} -> ${text(to)}`;
}

function renderPackage(name: string, from: Json | undefined, to: Json | undefined): string {
  const [before, after] = [versionOf(from), versionOf(to)];
  if (before === undefined) return `package ${name} ${after ?? ''} added`;
  if (after === undefined) return `package ${name} ${before} removed`;
  return before === after ? `package ${name} ${after} has other content` : `package ${name} ${before} -> ${after}`;
}

/** Of `1.2.3 sha512-…`, the version. */
function versionOf(entry: Json | undefined): string | undefined {
  return typeof entry === 'string' ? (entry.split(' ', 1)[0] ?? entry) : undefined;
}

function programText(program: Json | undefined): string | undefined {
  if (typeof program !== 'object' || program === null) return undefined;
  const [text] = Object.values(program) as Json[];
  return Array.isArray(text) ? text.join(' ') : typeof text === 'string' ? text : undefined;
}

function values(name: string, from: Json | undefined, to: Json | undefined, nothing?: string): string {
  if (nothing === undefined) {
    if (from === undefined) return `${name} added: ${value(to)}`;
    if (to === undefined) return `${name} removed: was ${value(from)}`;
  }
  return `${name} ${from === undefined ? nothing : value(from)} -> ${to === undefined ? nothing : value(to)}`;
}

/** A digest by its first digits, text bare when that cannot be misread, the rest as JSON; long ones cut in the middle. */
function value(of: Json | undefined): string {
  if (of === undefined) return 'nothing';
  if (typeof of !== 'string') return shorten(JSON.stringify(of));
  const digest = parseDigest(of);
  if (digest !== undefined) return shortDigest(digest);
  const isPlain =
    /^[\p{L}_./@][\p{L}\p{N}_./@:+-]*( [\p{L}\p{N}_./@{}:+-]+)*$/u.test(of) && !/^(true|false|null)$/.test(of);
  return shorten(isPlain ? of : JSON.stringify(of));
}

/** Keeps both ends: long values are often lists or commands that differ at the end. */
function shorten(text: string): string {
  const characters = [...text];
  if (characters.length <= LONGEST_VALUE) return text;
  const tail = 10;
  return `${characters.slice(0, LONGEST_VALUE - tail - 1).join('')}…${characters.slice(-tail).join('')}`;
}
