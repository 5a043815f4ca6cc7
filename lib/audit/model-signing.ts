/**
 * OpenSSF Model Signing 1.0: a Sigstore bundle, that is a DSSE envelope over an in-toto Statement that lists every file of a model with
 * its sha256. What we sign, Python's model-signing verifies, and the reverse (bench/interop/). Signed by key only: P-256, and for
 * what others signed P-384 and P-521 too.
 */
import { canonicalJson, compareUtf8, type Json, type JsonObject } from '../base/canonical-json.ts';
import { digestBytes, digestHex, type Digest } from '../base/digest.ts';
import { parseJson } from '../base/parse-json.ts';
import { asEnvelope, IN_TOTO_TYPE, signEnvelope, verifyEnvelope, type Envelope } from './dsse.ts';
import type { SigningKey } from './keys.ts';
import type { PublicKey } from './public-key.ts';
import { STATEMENT_TYPE } from './statement.ts';

export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
/** As Python's model-signing leaves them out by default. */
const IGNORED = ['.git', '.gitattributes', '.github', '.gitignore'] as const;

export interface SignedFile {
  /** Relative, with `/`; `.` for a model of one file. */
  readonly path: string;
  readonly digest: Digest;
}

/** What a bundle says of a model. */
export interface SignedModel {
  readonly name: string;
  readonly files: readonly SignedFile[];
  /** Paths that are not part of the model. */
  readonly ignored: readonly string[];
  /** What Assay adds, which other verifiers pass over; null in others' bundles. */
  readonly assay: JsonObject | null;
}

/** Why a bundle vouches for nothing. `unverifiable`: it may be true, but it cannot be checked here; never taken for good. */
export interface BundleFault {
  readonly problem: 'unsigned' | 'unverifiable' | 'malformed';
  readonly detail: string;
}

export type OpenedBundle =
  | { readonly ok: true; readonly model: SignedModel; readonly keyId: string }
  | { readonly ok: false; readonly fault: BundleFault };

/** The text of a bundle, signed. */
export function signModel(model: SignedModel, key: SigningKey): string {
  const files = [...model.files].sort((a, b) => compareUtf8(a.path, b.path));
  const statement: JsonObject = {
    _type: STATEMENT_TYPE,
    subject: [{ name: model.name, digest: { sha256: rootOf(files) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      resources: files.map(({ path, digest }) => ({ name: path, algorithm: 'sha256', digest: digestHex(digest) })),
      serialization: {
        ...{ method: 'files', hash_type: 'sha256', allow_symlinks: false },
        ignore_paths: [...IGNORED, ...model.ignored],
      },
      ...(model.assay === null ? {} : { assay: model.assay }),
    },
  };
  const envelope = signEnvelope(IN_TOTO_TYPE, Buffer.from(canonicalJson(statement), 'utf8'), key);
  const bundle: JsonObject = {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint: key.keyId }, tlogEntries: [] },
    // Model Signing leaves keyid empty: the hint above names the key.
    dsseEnvelope: { ...envelope, signatures: envelope.signatures.map(({ sig }) => ({ keyid: '', sig })) },
  };
  return `${canonicalJson(bundle)}\n`;
}

/** Reads a bundle, and judges its signature by the keys alone. Never throws for what someone else wrote. */
export function openBundle(text: string, keys: readonly PublicKey[]): OpenedBundle {
  const bundle = asObject(parseJson(text));
  const envelope = asEnvelope(bundle?.dsseEnvelope);
  if (bundle === undefined || envelope === undefined)
    return fault('malformed', 'it is no Sigstore bundle with an envelope');
  if (bundle.mediaType !== BUNDLE_TYPE) {
    return fault('unverifiable', `its media type is ${shown(bundle.mediaType)}, not ${BUNDLE_TYPE}`);
  }
  if (envelope.signatures.length !== 1) {
    return fault('unsigned', `it holds ${envelope.signatures.length} signatures, and must hold one`);
  }
  const material = asObject(bundle.verificationMaterial);
  const hint = asObject(material?.publicKey)?.hint;
  if (material?.publicKey === undefined) {
    return fault('unverifiable', 'it was signed with a certificate, which is not checked here; only keys are');
  }
  if (typeof hint === 'string' && hint !== '' && !keys.some(({ keyId }) => keyId === hint)) {
    return fault('unsigned', `it was signed by another key: ${hint.slice(0, 16)}`);
  }
  const verified = verifyEnvelope(
    envelope,
    keys.map(({ publicPem }) => publicPem),
  );
  if (verified === null)
    return fault('unsigned', 'its signature is not by a known key, or it was altered after signing');
  const model = readModel(envelope, verified.payload);
  return 'problem' in model ? { ok: false, fault: model } : { ok: true, model, keyId: verified.keyId };
}

/** What a bundle says, whoever signed it: for what needs no trust, such as what must be kept. */
export function readUntrusted(text: string): SignedModel | undefined {
  const envelope = asEnvelope(asObject(parseJson(text))?.dsseEnvelope);
  const model = envelope && readModel(envelope, Buffer.from(envelope.payload, 'base64'));
  return model === undefined || 'problem' in model ? undefined : model;
}

function readModel(envelope: Envelope, payload: Buffer): SignedModel | BundleFault {
  if (envelope.payloadType !== IN_TOTO_TYPE) {
    return { problem: 'unverifiable', detail: `it holds ${shown(envelope.payloadType)}, not an in-toto statement` };
  }
  const statement = asObject(parseJson(payload.toString('utf8')));
  const predicate = asObject(statement?.predicate);
  const resources = predicate?.resources;
  if (statement?._type !== STATEMENT_TYPE || statement.predicateType !== PREDICATE_TYPE) {
    return {
      problem: 'unverifiable',
      detail: `it states ${shown(statement?.predicateType)}, not a model signature of version 1.0`,
    };
  }
  const [subject, ...others] = Array.isArray(statement.subject) ? (statement.subject as Json[]).map(asObject) : [];
  const root = asObject(subject?.digest)?.sha256;
  if (subject === undefined || others.length > 0 || predicate === undefined || !Array.isArray(resources)) {
    return { problem: 'malformed', detail: 'it must speak of one model and list its files' };
  }
  const serialization = asObject(predicate.serialization);
  if (serialization?.method !== 'files') {
    return { problem: 'unverifiable', detail: `its files are hashed by ${shown(serialization?.method)}, not whole` };
  }
  const files: SignedFile[] = [];
  for (const resource of (resources as Json[]).map(asObject)) {
    const file = readFile(resource);
    if ('problem' in file) return file;
    files.push(file);
  }
  if (new Set(files.map(({ path }) => path)).size !== files.length) {
    return { problem: 'malformed', detail: 'it lists a file twice' };
  }
  if (rootOf(files) !== root)
    return { problem: 'malformed', detail: 'its subject is not the digest of the files it lists' };
  const ignored = (Array.isArray(serialization.ignore_paths) ? (serialization.ignore_paths as Json[]) : []).filter(
    (path) => typeof path === 'string',
  );
  return { name: String(subject.name), files, ignored, assay: asObject(predicate.assay) ?? null };
}

/** A digest that is none, such as an address, vouches for nothing: it is told apart from a wrong one, and is never good. */
function readFile(resource: JsonObject | undefined): SignedFile | BundleFault {
  const { name, algorithm, digest } = resource ?? {};
  if (typeof name !== 'string' || name === '' || (name !== '.' && isOutside(name))) {
    return { problem: 'malformed', detail: `it lists ${shown(name)}, which is no path inside a model` };
  }
  if (algorithm !== 'sha256') {
    return { problem: 'unverifiable', detail: `${name} is hashed with ${shown(algorithm)}, not sha256` };
  }
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
    return { problem: 'unverifiable', detail: `the sha256 of ${name} is ${shown(digest)}, which is no digest` };
  }
  return { path: name, digest: `sha256:${digest}` as Digest };
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.split('/').some((part) => part === '' || part === '.' || part === '..');
}

/** sha256 over the raw digests in the order listed, in hex. */
function rootOf(files: readonly SignedFile[]): string {
  return digestHex(digestBytes(Buffer.concat(files.map(({ digest }) => Buffer.from(digestHex(digest), 'hex')))));
}

function fault(problem: BundleFault['problem'], detail: string): OpenedBundle {
  return { ok: false, fault: { problem, detail } };
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
}

function asObject(value: Json | unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}
