/** A signed statement against the rows it speaks of, field by field, in the words of the database. */
import { canonicalJson, type Json, type JsonObject } from '../base/canonical-json.ts';
import type { LogEntry } from './log-entry.ts';
import { statementOf, type ExecutionFacts, type Statement } from './statement.ts';

export interface FieldDifference {
  readonly field: string;
  readonly signed: string;
  readonly found: string;
}

/** `isRebuilt`: rows that came back from the store have new numbers and runs, and no more than a result record holds. */
export function compareStatement(
  { statement, about }: Extract<LogEntry, { kind: 'execution' }>,
  facts: ExecutionFacts,
  { isRebuilt }: { readonly isRebuilt: boolean },
): FieldDifference[] {
  const { logIndex, recordedLater } = about;
  const signed = fieldsOf(statement);
  const found = fieldsOf(statementOf(facts, { logIndex, recordedLater, files: {} }));
  const names = [...new Set([...signed.keys(), ...found.keys()])];
  return names
    .filter((field) => signed.get(field) !== found.get(field))
    .filter((field) => !isRebuilt || !NOT_REBUILT.test(field))
    .map((field) => ({ field, signed: signed.get(field) ?? 'nothing', found: found.get(field) ?? 'nothing' }));
}

const NOT_REBUILT =
  /^(builder|run|run number|execution|attempt|exitCode|signal|peakMemoryBytes|pipeline|git.*|expectation .*)$/;

/** Field to value in JSON. Files of outputs are left out: the artifact's digest covers them. */
function fieldsOf(statement: Statement): Map<string, string> {
  const fields = new Map<string, string>();
  const instance = String(at(statement.predicate, 'buildDefinition', 'externalParameters', 'instance'));
  const subject = statement.subject.filter(({ name }) => !name.startsWith(`${instance}/`));
  flatten({ ...statement, subject } as unknown as JsonObject, '', fields);
  return fields;
}

function flatten(value: Json, path: string, fields: Map<string, string>): void {
  // An array of named things is a map of them; any other array, such as a param's, is a value.
  const members = Array.isArray(value) ? namedMembers(value as readonly Json[]) : value;
  const isLeaf = typeof members !== 'object' || members === null || Array.isArray(members);
  if (isLeaf || Object.keys(members).length === 0) {
    fields.set(fieldName(path), canonicalJson(value));
    return;
  }
  for (const [name, inner] of Object.entries(members as JsonObject)) {
    flatten(inner, path === '' ? name : `${path}.${name}`, fields);
  }
}

function namedMembers(items: readonly Json[]): Json {
  const named: Record<string, Json> = {};
  for (const item of items) {
    const name = (item as JsonObject | null)?.name;
    if (typeof name !== 'string') return items as Json;
    const { name: _name, ...rest } = item as JsonObject;
    named[name] = rest;
  }
  return named;
}

const PLACES: readonly (readonly [RegExp, string])[] = [
  [/^subject\.(.*)\.digest\.sha256$/, '$1'],
  [/^predicate\.buildDefinition\.externalParameters\./, ''],
  [/^predicate\.buildDefinition\.internalParameters\./, 'runtime.'],
  [/^predicate\.buildDefinition\.resolvedDependencies\.(.*?)\.(digest\.sha256|digest|annotations)\.?/, '$1.'],
  [/^predicate\.runDetails\.metadata\.invocationId$/, 'key'],
  [/^predicate\.runDetails\.metadata\./, ''],
  [/^predicate\.runDetails\.builder\.id$/, 'builder'],
  [/^predicate\.runDetails\.byproducts\.execution\.annotations\./, ''],
  [/^predicate\.runDetails\.byproducts\.run\.annotations\.run$/, 'run number'],
  [/^predicate\.runDetails\.byproducts\.metrics\.annotations\./, 'metric '],
  [/^predicate\.runDetails\.byproducts\.expectations\.annotations\./, 'expectation '],
  [/^predicate\.runDetails\.byproducts\.(.*)\.digest\.sha256$/, '$1'],
];

function fieldName(path: string): string {
  const place = PLACES.find(([pattern]) => pattern.test(path));
  return place === undefined ? path : path.replace(place[0], place[1]).replace(/\.$/, '');
}

function at(value: Json, ...names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>((inner, name) => (inner as JsonObject | undefined)?.[name], value);
}
