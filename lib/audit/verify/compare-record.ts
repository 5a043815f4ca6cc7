/** In what an execution's rows differ from the result record that they name. */
import { canonicalJson } from '../../base/canonical-json.ts';
import { parseDigest, shortDigest } from '../../base/digest.ts';
import { flattenParams } from '../../lineage/recorder.ts';
import type { ResultRecord } from '../../lineage/result-record.ts';
import type { RecordedExecution } from '../../lineage/row-snapshot.ts';

/** A label for each fact, such as `outputs.data` or `params.seed`, and the fact as text. */
type Facts = ReadonlyMap<string, string>;

/** `outputs.data is 6fa1…, its result record says 02bd…`, one for each fact, in the order of the record. */
export function differencesFrom(record: ResultRecord, execution: RecordedExecution): string[] {
  const [said, found] = [factsOfRecord(record), factsOfRows(execution)];
  return [...new Set([...said.keys(), ...found.keys()])].flatMap((label) => {
    const [should, is] = [said.get(label), found.get(label)];
    if (should === is) return [];
    return [`${label} is ${is === undefined ? 'not there' : shorten(is)}, its result record says ${shorten(should)}`];
  });
}

function factsOfRecord(record: ResultRecord): Facts {
  return new Map([
    ...identity(record),
    ...record.inputs.map(inputFact),
    ...record.outputs.map(({ name, kind, artifact }) => outputFact(name, kind, artifact.digest)),
    ...[...flattenParams(record.action.params)].map(([name, value]) => fact(`params.${name}`, canonicalJson(value))),
    ...record.metrics.map(metricFact),
  ]);
}

function factsOfRows(execution: RecordedExecution): Facts {
  return new Map([
    ...identity(execution),
    ...execution.inputs.map(inputFact),
    ...execution.outputs.map(({ name, kind, artifact }) => outputFact(name, kind, artifact)),
    ...execution.params.map(({ name, value }) => fact(`params.${name}`, canonicalJson(value))),
    ...execution.metrics.map(metricFact),
  ]);
}

function identity(of: {
  readonly key: string;
  readonly instance: string;
  readonly stage: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly logDigest: string | null;
}): [string, string][] {
  return [
    fact('the key', of.key),
    fact('the instance', of.instance),
    fact('the stage', of.stage),
    fact('the start', String(of.startedAtMs)),
    fact('the end', String(of.endedAtMs)),
    fact('the log', of.logDigest ?? 'none'),
  ];
}

function inputFact(input: {
  name: string;
  label: string | null;
  artifact: string;
  path: string | null;
}): [string, string] {
  const name = input.label === null ? input.name : `${input.name}[${input.label}]`;
  return fact(`inputs.${name}`, input.path === null ? input.artifact : `${input.artifact} from ${input.path}`);
}

function outputFact(name: string, kind: string, artifact: string): [string, string] {
  return fact(`outputs.${name}`, kind === '' ? artifact : `${artifact} (${kind})`);
}

function metricFact({ output, name, value }: { output: string; name: string; value: number }): [string, string] {
  return fact(`metrics.${output}.${name}`, String(value));
}

function fact(label: string, text: string): [string, string] {
  return [label, text];
}

function shorten(text: string | undefined): string {
  if (text === undefined) return 'nothing of it';
  const [first = '', ...rest] = text.split(' ');
  const digest = parseDigest(first);
  return digest === undefined ? text : [shortDigest(digest), ...rest].join(' ');
}
