/** Checks what a stage left in its outputs folder against what it declares, before any of it is stored. */
import { closeSync, lstatSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { compareUtf8 } from '../base/canonical-json.ts';
import { nearestName } from '../base/did-you-mean.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import { imageType } from '../base/picture.ts';
import type { Metric } from '../model/run.ts';
import { FILE_KINDS, type OutputKind } from '../model/stage.ts';
import { flattenMetrics } from './flatten-metrics.ts';

export interface OutputMetrics {
  readonly output: string;
  readonly metrics: readonly Metric[];
}

/** The name of an output inside the outputs folder: its own, with the suffix of its kind when it has none. */
export function outputFileName(name: string, kind: OutputKind): string {
  if (extname(name) !== '') return name;
  if (kind === 'metrics') return `${name}.json`;
  return kind === 'image' ? `${name}.png` : name;
}

/**
 * Checks every output and gives the numbers of the metrics outputs. Throws one UserError that tells of all that is wrong, with the
 * code of the first: 'stage-wrote-nothing', 'output-missing', 'output-wrong-form', 'output-not-metrics', 'output-not-image',
 * 'output-undeclared'.
 */
export function inspectOutputs(
  outputs: Readonly<Record<string, OutputKind>>,
  folder: string,
): readonly OutputMetrics[] {
  const declared = Object.entries(outputs).sort(([a], [b]) => compareUtf8(a, b));
  const found = listOutputs(folder).sort(compareUtf8);
  const problems: Problem[] = [];
  const metrics: OutputMetrics[] = [];
  for (const [name, kind] of declared) {
    const file = outputFileName(name, kind);
    if (isMissing(join(folder, file))) {
      problems.push({ code: 'output-missing', text: `outputs/${file} (${kind}) was not written` });
      continue;
    }
    const checked = inspectOutput(name, kind, join(folder, file), file);
    if ('code' in checked) problems.push(checked);
    else if (kind === 'metrics') metrics.push({ output: name, metrics: checked.metrics });
  }
  const names = declared.map(([name, kind]) => outputFileName(name, kind));
  problems.push(...found.filter((file) => !names.includes(file)).map((file) => undeclared(file, names)));
  if (problems.length > 0) throw asError(problems, names, found);
  return metrics;
}

/** The names in the outputs folder; none when the stage removed it, or put a file in its place. */
export function listOutputs(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

interface Problem {
  readonly code: string;
  readonly text: string;
}

function asError(problems: readonly Problem[], names: readonly string[], found: readonly string[]): UserError {
  const isEmptyHanded =
    names.length > 0 && problems.filter(({ code }) => code === 'output-missing').length === names.length;
  const hasUndeclared = found.some((file) => !names.includes(file));
  if (isEmptyHanded && !hasUndeclared) {
    const wanted = names.map((name) => `outputs/${name}`).join(', ');
    return new UserError('stage-wrote-nothing', `the program ended well but wrote no output; it declares ${wanted}`, {
      hint: 'write each output to the path that ctx.output(NAME) or {outputs.NAME} gives',
    });
  }
  return new UserError(problems[0]?.code ?? 'output-missing', problems.map(({ text }) => text).join('\n'), {
    hint: 'correct the program, or the outputs of the stage in pipeline.yaml',
  });
}

function inspectOutput(
  name: string,
  kind: OutputKind,
  path: string,
  file: string,
): Problem | { readonly metrics: readonly Metric[] } {
  const stat = lstatSync(path);
  const form = stat.isDirectory()
    ? 'a folder'
    : stat.isFile()
      ? 'a file'
      : stat.isSymbolicLink()
        ? 'a link'
        : 'a device';
  const wanted = FILE_KINDS.has(kind) ? 'a file' : 'a folder';
  if (form !== wanted) {
    return { code: 'output-wrong-form', text: `outputs/${file} is ${form}; an output of kind ${kind} is ${wanted}` };
  }
  if (kind === 'image') {
    const [wanted, type] = extname(file) === '.svg' ? ['an SVG', 'image/svg+xml'] : ['a PNG', 'image/png'];
    if (imageType(beginningOf(path)) !== type) {
      return { code: 'output-not-image', text: `outputs/${file} is not ${wanted}: it does not begin as one` };
    }
  }
  return kind === 'metrics' ? readMetrics(name, path, file) : { metrics: [] };
}

function readMetrics(name: string, path: string, file: string): Problem | { readonly metrics: readonly Metric[] } {
  const problem = (why: string): Problem => ({
    code: 'output-not-metrics',
    text: `outputs/${file} holds no metrics: ${why}`,
  });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return problem(`it is not JSON (${(error as Error).message})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return problem(
      `it is ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}, not an object`,
    );
  }
  const { metrics, duplicate } = flattenMetrics(value);
  return duplicate === null ? { metrics } : problem(`two of its numbers are both named "${name}.${duplicate}"`);
}

function undeclared(file: string, names: readonly string[]): Problem {
  const near = nearestName(file, names);
  const meant = near === undefined ? '' : `; did you mean ${near}?`;
  return { code: 'output-undeclared', text: `outputs/${file} is no output that the stage declares${meant}` };
}

/** A folder that was never filled is missing too: the engine makes the folders of folder outputs beforehand. */
function isMissing(path: string): boolean {
  try {
    return lstatSync(path).isDirectory() && readdirSync(path).length === 0;
  } catch (error) {
    if (isAbsence(error)) return true;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
}

function beginningOf(path: string): Buffer {
  const head = Buffer.alloc(1024);
  const fd = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}
