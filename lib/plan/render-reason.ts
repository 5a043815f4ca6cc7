/** A reason to run as one line of plain words, the same in plan, why, run and diff. */
import type { Json } from '../base/canonical-json.ts';
import { parseDigest, shortDigest } from '../base/digest.ts';
import { unreachable } from '../base/errors.ts';
import type { Damage } from '../model/artifact.ts';
import type { Reason } from '../model/plan.ts';

// A reason shares its line with the stage's name and a time: 100 columns less those, for two values and an arrow.
const LONGEST_VALUE = 32;

/** `attack.count 600 -> 1200`, `code stages/poison.ts edited`, `never run`. Lower case, no full stop, never more than one line. */
export function renderReason(reason: Reason): string {
  return render(reason, (of) => shorten(value(of)));
}

/** The same with values in full, however long: for `assay why`. */
export function renderWholeReason(reason: Reason): string {
  return render(reason, value);
}

type ShowValue = (of: Json | undefined) => string;

function render(reason: Reason, show: ShowValue): string {
  switch (reason.kind) {
    case 'never-run':
      return 'never run';
    case 'result-removed':
      return 'result removed';
    case 'forced':
      return 'forced';
    case 'damaged':
      return renderDamage(reason.output, reason.damage);
    case 'record-damaged':
      return `result record ${whereabouts(reason.damage)}`;
    case 'changed':
      return renderChange(reason, show);
    default:
      return unreachable(reason);
  }
}

function renderDamage(output: string, damage: Damage): string {
  const what = damage.path === null ? 'manifest' : damage.path === '.' ? 'file' : damage.path;
  return `artifact ${output}: ${what} ${whereabouts(damage)}`;
}

function whereabouts({ problem }: Damage): string {
  return `${problem === 'missing' ? 'missing from' : 'altered in'} the store`;
}

function renderChange({ field, from, to }: Extract<Reason, { kind: 'changed' }>, show: ShowValue): string {
  const values = (what: string): string => fromTo(what, from, to, show);
  const dot = field.indexOf('.');
  const group = dot === -1 ? field : field.slice(0, dot);
  const name = field.slice(dot + 1);
  switch (group) {
    case 'params':
      return values(dot === -1 ? 'params' : name);
    case 'code':
      return `code ${name} ${from === undefined ? 'added' : to === undefined ? 'removed' : 'edited'}`;
    case 'inputs':
      return renderInput(name, from, to, show);
    case 'packages':
      return renderPackage(name, from, to);
    case 'env':
      return renderEnv(name, from, to, show);
    case 'outputs':
      return values(`output ${name}`);
    case 'runtime':
      return `${name} ${(from ?? null) === null ? 'none' : show(from)} -> ${(to ?? null) === null ? 'none' : show(to)}`;
    case 'program':
      return fromTo('program', programText(from), programText(to), show);
    default:
      // salt, schema: they say that Assay itself runs stages in another way than it did.
      return values(`engine ${field}`);
  }
}

function renderInput(name: string, from: Json | undefined, to: Json | undefined, show: ShowValue): string {
  if (from === undefined) return `input ${name} added`;
  if (to === undefined) return `input ${name} removed`;
  if (typeof from === 'string' && typeof to === 'string') {
    return `input ${name} is new content ${show(from)} -> ${show(to)}`;
  }
  return `input ${name} ${typeof to === 'string' ? 'reads one output' : 'reads every instance'} now`;
}

function renderEnv(name: string, from: Json | undefined, to: Json | undefined, show: ShowValue): string {
  const text = (state: Json): string => (state === null ? 'unset' : show(state));
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

function fromTo(name: string, from: Json | undefined, to: Json | undefined, show: ShowValue): string {
  if (from === undefined) return `${name} added: ${show(to)}`;
  if (to === undefined) return `${name} removed: was ${show(from)}`;
  return `${name} ${show(from)} -> ${show(to)}`;
}

/** A digest by its first digits, text bare when that cannot be misread, the rest as JSON. */
function value(of: Json | undefined): string {
  if (of === undefined) return 'nothing';
  if (typeof of !== 'string') return JSON.stringify(of);
  const digest = parseDigest(of);
  if (digest !== undefined) return shortDigest(digest);
  const isPlain =
    /^[\p{L}_./@][\p{L}\p{N}_./@:+-]*( [\p{L}\p{N}_./@{}:+-]+)*$/u.test(of) && !/^(true|false|null)$/.test(of);
  return isPlain ? of : JSON.stringify(of);
}

/** Keeps both ends: long values are often lists or commands that differ at the end. */
function shorten(text: string): string {
  const characters = [...text];
  if (characters.length <= LONGEST_VALUE) return text;
  const tail = 10;
  return `${characters.slice(0, LONGEST_VALUE - tail - 1).join('')}…${characters.slice(-tail).join('')}`;
}
