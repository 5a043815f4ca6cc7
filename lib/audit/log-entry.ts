/** One entry of the log, read: whose statement it is, and of which execution. */
import { canonicalJson, type Json, type JsonObject } from '../base/canonical-json.ts';
import { parseJson } from '../base/parse-json.ts';
import { asEnvelope, type Envelope } from './dsse.ts';
import { ENDORSEMENT_TYPE } from './endorsement.ts';
import { PROVENANCE_TYPE, STATEMENT_TYPE, type Statement } from './statement.ts';

/** Says that the database was rebuilt from the store, which numbers executions anew and knows of results only. */
export const REBUILT_TYPE = 'https://example.org/assay/database-rebuilt/v1';

export type LogEntry =
  | { readonly kind: 'execution'; readonly envelope: Envelope; readonly statement: Statement; readonly about: About }
  | { readonly kind: 'endorsement'; readonly envelope: Envelope }
  | { readonly kind: 'rebuilt'; readonly envelope: Envelope; readonly logIndex: number }
  | { readonly kind: 'unreadable'; readonly envelope: Envelope | undefined; readonly problem: string };

/** What the statement says of itself. */
export interface About {
  readonly executionId: number;
  readonly instance: string;
  readonly logIndex: number;
  readonly recordedLater: boolean;
  /** Names the execution in any database: its result record's digest, or where it left none, its number, key and start. */
  readonly identity: string;
}

export function identityOf(execution: {
  id: number;
  key: string;
  startedOn: string;
  recordDigest: string | null;
}): string {
  const { id, key, startedOn, recordDigest } = execution;
  return recordDigest ?? `${id} ${key} ${startedOn}`;
}

/** Signatures are not looked at. */
export function readEntry(line: string): LogEntry {
  const value = parseJson(line);
  const envelope = asEnvelope(value);
  if (envelope === undefined) return { kind: 'unreadable', envelope, problem: 'it is no signed envelope' };
  if (canonicalJson(value as Json) !== line)
    return { kind: 'unreadable', envelope, problem: 'it is not canonical JSON' };
  const statement = parseJson(Buffer.from(envelope.payload, 'base64').toString('utf8')) as
    Partial<Statement> | null | undefined;
  if (statement?._type !== STATEMENT_TYPE) {
    return { kind: 'unreadable', envelope, problem: 'it holds no in-toto statement' };
  }
  if (statement.predicateType === ENDORSEMENT_TYPE) return { kind: 'endorsement', envelope };
  if (statement.predicateType === REBUILT_TYPE) {
    return { kind: 'rebuilt', envelope, logIndex: Number(statement.predicate?.logIndex) };
  }
  const about = statement.predicateType === PROVENANCE_TYPE ? readAbout(statement as Statement) : undefined;
  if (about === undefined) return { kind: 'unreadable', envelope, problem: 'it states nothing that Assay knows' };
  return { kind: 'execution', envelope, statement: statement as Statement, about };
}

function readAbout({ predicate }: Statement): About | undefined {
  const definition = member(predicate, 'buildDefinition');
  const details = member(predicate, 'runDetails');
  const instance = member(member(definition, 'externalParameters'), 'instance');
  const metadata = member(details, 'metadata');
  const byproducts = member(details, 'byproducts');
  if (typeof instance !== 'string' || !Array.isArray(byproducts)) return undefined;
  const byproduct = (name: string) => (byproducts as Json[]).find((each) => member(each, 'name') === name);
  const annotations = member(byproduct('execution'), 'annotations');
  const executionId = member(annotations, 'execution');
  const logIndex = member(annotations, 'logIndex');
  if (typeof executionId !== 'number' || typeof logIndex !== 'number') return undefined;
  const record = member(member(byproduct('result'), 'digest'), 'sha256');
  return {
    ...{ executionId, instance, logIndex, recordedLater: member(annotations, 'recordedLater') === true },
    identity: identityOf({
      id: executionId,
      key: String(member(metadata, 'invocationId')),
      startedOn: String(member(metadata, 'startedOn')),
      recordDigest: typeof record === 'string' ? `sha256:${record}` : null,
    }),
  };
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as JsonObject)[name];
}
