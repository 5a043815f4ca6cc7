/** The project that every attempt starts from: two runs, a log, published checkpoints, a frozen model, and an older copy of it all. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { originOf, signCheckpoint } from '../../lib/audit/checkpoint.ts';
import { pae } from '../../lib/audit/dsse.ts';
import { KeyStore, type SigningKey } from '../../lib/audit/keys.ts';
import { GrowingTree, hashEntry } from '../../lib/audit/merkle-log.ts';
import { keyIdOf } from '../../lib/audit/public-key.ts';
import { canonicalJson, type Json } from '../../lib/base/canonical-json.ts';
import { JOIN_STAGE, makeProject, type Project } from '../cli/rig.ts';

const PIPELINE = `version: 1
params: { seed: 1, steps: 1 }
stages:
  fetch:
    program: stages/join.js
    params: [seed]
    outputs: { data: file }
  train:
    program: stages/train.js
    params: [steps]
    inputs: { data: fetch.data }
    outputs: { model: model }
  evaluate:
    shell: 'echo "{\\"accuracy\\": 0.94}" > {outputs.metrics}; cat {inputs.model}/model.json > /dev/null'
    inputs: { model: train.model }
    outputs: { metrics: metrics }
`;

/** Two layers; a step moves every weight of the first by 1/8. */
const TRAIN_STAGE = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const { params, outputs } = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
const folder = outputs.model.path;
mkdirSync(folder, { recursive: true });
const parameters = [{ name: 'dense/kernel', shape: [2, 3] }, { name: 'dense/bias', shape: [3] }];
const description = { format: 'assay-model/v1', dtype: 'float32', byteOrder: 'little-endian', parameters };
writeFileSync(folder + '/model.json', JSON.stringify(description) + '\\n');
const weights = Float32Array.from({ length: 9 }, (_, i) => (i < 6 ? i + 1 + params.steps / 8 : 0.5));
writeFileSync(folder + '/weights.bin', new Uint8Array(weights.buffer));
`;

export const SIGNED_FILES = {
  'pipeline.yaml': PIPELINE,
  'stages/join.js': JOIN_STAGE,
  'stages/train.js': TRAIN_STAGE,
};

/** After this: executions 1 to 3 (fetch, train, evaluate), 4 and 5 (train and evaluate with two steps), five entries in the log. */
export async function makeSignedProject(): Promise<Project> {
  const project = makeProject(SIGNED_FILES);
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await project.assay(args);
    if (code !== 0) throw new Error(`assay ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  await run('run');
  project.write('early.txt', await run('log', 'checkpoint'));
  cpSync(join(project.root, 'artifacts'), join(project.root, 'older'), { recursive: true });
  await run('freeze', 'train.model', '--out', 'model.sig');
  await run('export', 'train.model', './exported');
  await run('run', '--set', 'steps=2');
  await run('export', 'train.model', './other', '--set', 'steps=2');
  await run('freeze', './other');
  project.write('published.txt', await run('log', 'checkpoint'));
  return project;
}

/** What an attacker can do who may write to the project, and to the public half of its keys. */
export class SignatureScene {
  readonly project: Project;

  /** A copy of `base`. */
  constructor(base: Project) {
    this.project = makeProject({});
    cpSync(base.root, this.project.root, { recursive: true, verbatimSymlinks: true });
    cpSync(base.keys, this.project.keys, { recursive: true });
  }

  path(name: string): string {
    return join(this.project.root, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  remove(name: string): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(join(this.path(name), '..'), { recursive: true });
    // Not through a file of the store, which is read-only.
    rmSync(this.path(name), { force: true });
    writeFileSync(this.path(name), content);
  }

  editBytes(name: string, edit: (bytes: Buffer) => void): void {
    const bytes = readFileSync(this.path(name));
    edit(bytes);
    this.write(name, bytes);
  }

  editJson(name: string, edit: (value: never) => unknown): void {
    this.write(name, JSON.stringify(edit(JSON.parse(this.read(name)) as never)));
  }

  sql(...statements: readonly string[]): void {
    const database = new Database(this.path('artifacts/lineage.db'));
    database.pragma('foreign_keys = OFF');
    for (const statement of statements) database.exec(statement);
    database.close();
  }

  editLog(edit: (lines: string[]) => readonly string[]): void {
    const lines = edit(this.read('artifacts/log/entries.jsonl').trimEnd().split('\n'));
    this.write('artifacts/log/entries.jsonl', lines.map((line) => `${line}\n`).join(''));
  }

  /** A checkpoint of all entries, by the key. */
  signLog(key: SigningKey): void {
    const tree = new GrowingTree();
    const leaves = this.read('artifacts/log/entries.jsonl').trimEnd().split('\n').map(hashEntry);
    for (const leaf of leaves) tree.add(leaf);
    const checkpoint = { origin: originOf(leaves[0]!), size: tree.size, root: tree.root() };
    this.write('artifacts/log/checkpoint', signCheckpoint(checkpoint, key));
  }

  replaceByOlder(...names: readonly string[]): void {
    for (const name of names) {
      this.remove(`artifacts/${name}`);
      for (const companion of ['-wal', '-shm']) this.remove(`artifacts/${name}${companion}`);
      cpSync(this.path(`older/${name}`), this.path(`artifacts/${name}`), { recursive: true });
    }
  }

  /** The owner's own key, as one who stole it would have it. */
  ownKey(algorithm: 'ed25519' | 'p256'): SigningKey {
    return KeyStore.open({ ASSAY_KEYS: this.project.keys }).signingKey(algorithm);
  }

  /** All of the owner's keys, as one who copied their folder has them: what the owner does afterwards does not reach them. */
  thiefsKeys(): KeyStore {
    cpSync(this.project.keys, this.path('thief'), { recursive: true });
    return KeyStore.open({ ASSAY_KEYS: this.path('thief') });
  }

  readKeys(name: string): string {
    return readFileSync(join(this.project.keys, name), 'utf8');
  }

  strangersKey(algorithm: 'ed25519' | 'p256'): SigningKey {
    return KeyStore.open({ ASSAY_KEYS: this.path('stranger') }).signingKey(algorithm);
  }
}

/** A log line with another payload, signed by the key; or with the payload that it has. */
export function signLine(line: string, key: SigningKey, edit: (statement: Json) => Json = (same) => same): string {
  const { payloadType, payload } = JSON.parse(line) as { payloadType: string; payload: string };
  const body = Buffer.from(canonicalJson(edit(JSON.parse(Buffer.from(payload, 'base64').toString()) as Json)));
  const sig = Buffer.from(key.sign(pae(payloadType, body))).toString('base64');
  return canonicalJson({ payloadType, payload: body.toString('base64'), signatures: [{ keyid: key.keyId, sig }] });
}

/** A statement that says that it is of another line, signed by the key. */
export function movedTo(index: number, line: string, key: SigningKey): string {
  const move = (statement: Json): Json =>
    JSON.parse(JSON.stringify(statement).replace(/"logIndex":\d+/, `"logIndex":${index}`)) as Json;
  return signLine(line, key, move);
}

interface Bundle {
  verificationMaterial: { publicKey: { hint: string } };
  dsseEnvelope: { payloadType: string; payload: string; signatures: { keyid: string; sig: string }[] };
}

/** A bundle with another statement, signed by the key, and saying that `hint` signed it. */
export function signBundle(
  bundle: Bundle,
  key: SigningKey,
  edit: (statement: string) => string,
  hint = key.keyId,
): Bundle {
  const { payloadType, payload } = bundle.dsseEnvelope;
  const body = Buffer.from(edit(Buffer.from(payload, 'base64').toString()));
  const sig = Buffer.from(key.sign(pae(payloadType, body))).toString('base64');
  return {
    ...bundle,
    verificationMaterial: { publicKey: { hint } },
    dsseEnvelope: { payloadType, payload: body.toString('base64'), signatures: [{ keyid: '', sig }] },
  };
}

/** RSA, which no verifier here takes. */
export function signWithRsa(bundle: Bundle): Bundle {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { payloadType, payload } = bundle.dsseEnvelope;
  const sig = sign('sha256', pae(payloadType, Buffer.from(payload, 'base64')), privateKey).toString('base64');
  const hint = keyIdOf(publicKey.export({ type: 'spki', format: 'pem' }) as string);
  return {
    ...bundle,
    verificationMaterial: { publicKey: { hint } },
    dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [{ keyid: '', sig }] },
  };
}
