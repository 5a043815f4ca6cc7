/**
 * A results file: the numbers of a long computation, with the digest of every artifact that they came from, signed. It is small enough
 * for git where the artifacts are not; whoever reads it can check that nobody changed a number, and whoever runs the computation
 * again that the same artifacts came out. A DSSE envelope around an in-toto statement.
 */
import { canonicalJson, compareUtf8, type Json } from '../base/canonical-json.ts';
import { digestBytes, digestHex, parseDigest, type Digest } from '../base/digest.ts';
import { parseJson } from '../base/parse-json.ts';
import { summarise } from '../store/manifest.ts';
import { asEnvelope, IN_TOTO_TYPE, signEnvelope, verifyEnvelope, type Envelope } from './dsse.ts';
import type { Descent } from './exports/descent.ts';
import type { SigningKey } from './keys.ts';
import { STATEMENT_TYPE } from './statement.ts';

export const RESULTS_TYPE = 'https://example.org/assay/results/v1';

export interface ResultsFinding {
  /** The artifact or the part of the file that it is about. */
  readonly subject: string;
  readonly problem: 'unsigned' | 'malformed' | 'altered';
  readonly detail: string;
}

export interface ResultsReport {
  readonly isSound: boolean;
  readonly file: string;
  readonly name: string | null;
  readonly signedBy: string | null;
  readonly artifacts: number;
  /** How many of these the store here holds; null without a project. */
  readonly held: number | null;
  readonly findings: readonly ResultsFinding[];
  /** The numbers, where they are as signed. */
  readonly content: Json;
}

/** What a results file says, before anything of it is believed. */
interface Results {
  readonly name: string;
  readonly artifact: Digest;
  readonly content: string;
  readonly artifacts: readonly { readonly name: string; readonly digest: Digest }[];
}

/** `content`: the text of the descent's root, an artifact that is one file. */
export function signResults(descent: Descent, content: string, key: SigningKey): string {
  const unique = (values: readonly (string | null)[]): string[] =>
    [...new Set(values.filter((value) => value !== null))].sort(compareUtf8);
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: descent.root.name, digest: { sha256: digestHex(descent.root.digest) } }],
    predicateType: RESULTS_TYPE,
    predicate: {
      content,
      artifacts: descent.artifacts.map(({ name, digest }) => ({ name, digest })),
      commits: unique(
        descent.executions.map(({ run: { git } }) => git && `${git.commit}${git.isDirty ? ' with edits' : ''}`),
      ),
      backends: unique(descent.executions.map(({ execution }) => execution.action.runtime.compute)),
      executions: descent.executions.length,
    },
  } satisfies Json;
  const envelope = signEnvelope(IN_TOTO_TYPE, Buffer.from(canonicalJson(statement), 'utf8'), key);
  return `${JSON.stringify(envelope, null, 1)}\n`;
}

/** Whether text is an envelope with results in it, by whomever signed. */
export function isResults(text: string): boolean {
  const envelope = asEnvelope(parseJson(text));
  return envelope !== undefined && statementIn(Buffer.from(envelope.payload, 'base64'))?.predicateType === RESULTS_TYPE;
}

/**
 * `damageOf`: of an artifact in the store here, what is wrong with it or null; undefined for one that it does not hold. Nothing is
 * looked at in a file that no known key signed.
 */
export function verifyResults(
  file: string,
  text: string,
  publicPems: readonly string[],
  damageOf: ((artifact: Digest) => string | null | undefined) | null,
): ResultsReport {
  const envelope = asEnvelope(parseJson(text)) as Envelope;
  const nothing = { isSound: false, file, name: null, signedBy: null, artifacts: 0, held: null, content: null };
  const verified = verifyEnvelope(envelope, publicPems);
  if (verified === null) {
    const detail =
      'no signature in it is by a key that was named or is yours: it was altered, or someone else signed it';
    return { ...nothing, findings: [{ subject: file, problem: 'unsigned', detail }] };
  }
  const results = readResults(verified.payload);
  const signedBy = verified.keyId;
  if (results === undefined) {
    const detail = 'it is signed, but not what Assay writes';
    return { ...nothing, signedBy, findings: [{ subject: file, problem: 'malformed', detail }] };
  }
  const findings: ResultsFinding[] = [];
  const found = digestOfFile(results.content);
  if (found !== results.artifact) {
    const detail = `its numbers hash to ${found}, not to ${results.artifact}`;
    findings.push({ subject: results.name, problem: 'altered', detail });
  }
  let held = 0;
  for (const { name, digest } of damageOf === null ? [] : results.artifacts) {
    const damage = damageOf?.(digest);
    if (damage === undefined) continue;
    held++;
    if (damage !== null) findings.push({ subject: name, problem: 'altered', detail: `in the store here: ${damage}` });
  }
  return {
    isSound: findings.length === 0,
    file,
    name: results.name,
    signedBy,
    artifacts: results.artifacts.length,
    held: damageOf === null ? null : held,
    findings,
    content: findings.length === 0 ? ((parseJson(results.content) as Json | undefined) ?? results.content) : null,
  };
}

/** The digest of the artifact that is one file with this text. */
function digestOfFile(content: string): Digest {
  const bytes = Buffer.from(content, 'utf8');
  const entry = { blob: digestBytes(bytes), path: '.', sizeBytes: bytes.length };
  return summarise({ entries: [entry], form: 'file' }).digest;
}

interface Statement {
  readonly predicateType?: unknown;
  readonly subject?: unknown;
  readonly predicate?: unknown;
}

function statementIn(payload: Buffer): Statement | undefined {
  const value = parseJson(payload.toString('utf8'));
  return typeof value === 'object' && value !== null ? (value as Statement) : undefined;
}

function readResults(payload: Buffer): Results | undefined {
  const statement = statementIn(payload);
  const { content, artifacts } = (statement?.predicate ?? {}) as { content?: unknown; artifacts?: unknown };
  const [subject] = (Array.isArray(statement?.subject) ? statement.subject : []) as {
    name?: unknown;
    digest?: { sha256?: unknown };
  }[];
  const artifact = parseDigest(`sha256:${String(subject?.digest?.sha256)}`);
  if (typeof subject?.name !== 'string' || artifact === undefined || typeof content !== 'string') return undefined;
  if (!Array.isArray(artifacts)) return undefined;
  const named = (artifacts as { name?: unknown; digest?: unknown }[]).map(({ name, digest }) => ({
    name: String(name),
    digest: parseDigest(String(digest)),
  }));
  if (named.some(({ digest }) => digest === undefined)) return undefined;
  return { name: subject.name, artifact, content, artifacts: named as Results['artifacts'] };
}
