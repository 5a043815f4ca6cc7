/**
 * Ways to cheat with what was signed: the database, the log, checkpoints, keys, frozen models. Each is tried with the real command
 * line; `finding` is text that it must print. The rows are data, so that a document can be made of them.
 */
import { chmodSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseCheckpoint, signCheckpoint } from '../../lib/audit/checkpoint.ts';
import { rotateKey } from '../../lib/audit/endorsement.ts';
import { KeyStore } from '../../lib/audit/keys.ts';
import { movedTo, signBundle, SignatureScene, signLine, signWithRsa } from './signature-scene.ts';

export interface SignatureAttempt {
  readonly name: string;
  /** What the attacker does, in words. */
  readonly how: string;
  readonly attempt: (scene: SignatureScene) => void;
  readonly command: readonly string[];
  readonly finding: string;
  readonly exitCode: number;
}

const LOG = ['log', 'verify'];
const RUN_AND_LOG = ['run', '--set', 'steps=3', '&&', ...LOG];
const PUBLISHED = ['log', 'verify', 'published.txt'];
const EXPORTED = ['verify', './exported', '--signature', 'model.sig'];
const FROZEN = ['verify', 'train.model'];
const KERNEL_ONE = 0;

export const SIGNATURE_ATTEMPTS: readonly SignatureAttempt[] = [
  {
    name: 'edit the digest of an output',
    how: 'execution 2 is said to have made the model of execution 4',
    attempt: (scene) =>
      scene.sql(
        `UPDATE execution_output SET artifact = (SELECT artifact FROM execution_output WHERE execution_id = 4) WHERE execution_id = 2`,
      ),
    command: LOG,
    finding: 'execution 2 (train) altered: train.model is ',
    exitCode: 3,
  },
  {
    name: 'edit the digest of an input',
    how: 'execution 2 is said to have read other data',
    attempt: (scene) =>
      scene.sql(`UPDATE execution_input SET artifact = 'sha256:${'0'.repeat(64)}' WHERE execution_id = 2`),
    command: LOG,
    finding: 'execution 2 (train) altered: inputs.data is 000000000000, signed was ',
    exitCode: 3,
  },
  {
    name: 'edit a time',
    how: 'execution 2 is said to have ended a day earlier',
    attempt: (scene) => scene.sql('UPDATE execution SET ended_at_ms = ended_at_ms - 86400000 WHERE id = 2'),
    command: LOG,
    finding: 'execution 2 (train) altered: finishedOn is ',
    exitCode: 3,
  },
  {
    name: 'edit a metric',
    how: 'the accuracy of execution 3 becomes 0.99',
    attempt: (scene) => scene.sql('UPDATE metric SET value = 0.99 WHERE execution_id = 3'),
    command: LOG,
    finding: 'execution 3 (evaluate) altered: metric metrics.accuracy is 0.99, signed was 0.94',
    exitCode: 3,
  },
  {
    name: 'edit a metric beyond sense',
    how: 'the accuracy of execution 3 becomes infinite',
    attempt: (scene) => scene.sql('UPDATE metric SET value = 9e999 WHERE execution_id = 3'),
    command: LOG,
    finding: 'execution 3 (evaluate) altered: metric metrics.accuracy is "Infinity", signed was 0.94',
    exitCode: 3,
  },
  {
    name: 'edit a param',
    how: 'execution 2 is said to have trained for 7 steps',
    attempt: (scene) => scene.sql(`UPDATE param SET value = '7' WHERE execution_id = 2 AND name = 'steps'`),
    command: LOG,
    finding: 'execution 2 (train) altered: params.steps is 7, signed was 1',
    exitCode: 3,
  },
  {
    name: 'edit an action',
    how: 'train is said to have been asked for 9 steps',
    attempt: (scene) =>
      scene.sql(
        `UPDATE action SET json = replace(json, '"params":{"steps":1}', '"params":{"steps":9}') WHERE json LIKE '%train.js%'`,
      ),
    command: LOG,
    finding: 'train altered: its action does not hash to its key',
    exitCode: 3,
  },
  {
    name: 'edit who ran it',
    how: 'run 1 is said to be of another user',
    attempt: (scene) => scene.sql(`UPDATE run SET user = 'eve' WHERE id = 1`),
    command: LOG,
    finding: 'execution 1 (fetch) altered: run is ',
    exitCode: 3,
  },
  {
    name: 'turn a result into a failure',
    how: 'execution 3 is said to have ended badly',
    attempt: (scene) => scene.sql(`UPDATE execution SET status = 'failed', exit_code = 1 WHERE id = 3`),
    command: LOG,
    finding: 'execution 3 (evaluate) altered: status is "failed", signed was "ok"',
    exitCode: 3,
  },
  {
    name: 'drop a row',
    how: 'execution 3 and all that it has are deleted',
    attempt: (scene) => scene.sql(...dropping(3)),
    command: LOG,
    finding: 'execution 3 (evaluate) dropped: the database no longer has it',
    exitCode: 3,
  },
  {
    name: 'insert a row',
    how: 'an execution 99 is made up after the model of execution 2',
    attempt: (scene) =>
      scene.sql(
        `INSERT INTO execution SELECT 99, run_id, instance, stage, attempt, key, process_id, status, started_at_ms + 1,
           ended_at_ms + 1, exit_code, signal, peak_memory_bytes, log_digest, 'sha256:${'1'.repeat(64)}' FROM execution WHERE id = 2`,
      ),
    command: LOG,
    finding: 'execution 99 (train) not-logged: it was put into the database, or its run ended before it was logged',
    exitCode: 3,
  },
  {
    name: 'swap two rows',
    how: 'executions 2 and 4 trade their numbers, and so the models their steps',
    attempt: (scene) =>
      scene.sql(
        ...['execution_input', 'execution_output', 'param'].flatMap((table) => swap(table, 'execution_id')),
        ...swap('execution', 'id'),
      ),
    command: LOG,
    finding: 'execution 2 (train) altered: params.steps is 2, signed was 1',
    exitCode: 3,
  },
  {
    name: 'replace the whole database by an older copy',
    how: 'lineage.db is as it was before the second run',
    attempt: (scene) => scene.replaceByOlder('lineage.db'),
    command: LOG,
    finding: 'execution 4 (train) dropped: the database no longer has it',
    exitCode: 3,
  },
  {
    name: 'delete the database',
    how: 'lineage.db is gone',
    attempt: (scene) => ['', '-wal', '-shm'].forEach((suffix) => scene.remove(`artifacts/lineage.db${suffix}`)),
    command: LOG,
    finding: 'execution 1 (fetch) dropped: the database no longer has it',
    exitCode: 3,
  },
  {
    name: 'truncate the log',
    how: 'its last two lines are cut off',
    attempt: (scene) => scene.editLog((lines) => lines.slice(0, 3)),
    command: LOG,
    finding: 'log cut-short: the stored checkpoint is of 5 entries, the log has 3',
    exitCode: 3,
  },
  {
    name: 'truncate the log, and have the next run make it good',
    how: 'the last line, its rows and the stored checkpoint are deleted; a run would sign a new checkpoint',
    attempt: (scene) => {
      scene.editLog((lines) => lines.slice(0, 4));
      scene.sql(...dropping(5));
      scene.remove('artifacts/log/checkpoint');
    },
    command: RUN_AND_LOG,
    finding: 'log checkpoint-missing: the log has no checkpoint',
    exitCode: 3,
  },
  {
    name: 'truncate the log, sign it, and have the next run make it good',
    how: 'the last line and its rows are deleted, and a stranger signs a checkpoint of the rest',
    attempt: (scene) => {
      scene.editLog((lines) => lines.slice(0, 4));
      scene.sql(...dropping(5));
      scene.signLog(scene.strangersKey('ed25519'));
    },
    command: RUN_AND_LOG,
    finding: 'log checkpoint-unsigned: the stored checkpoint is not signed by a known key',
    exitCode: 3,
  },
  {
    name: 'truncate the log, and put the older checkpoint beside it',
    how: 'the log folder is as it was before the second run; the database is not',
    attempt: (scene) => scene.replaceByOlder('log'),
    command: LOG,
    finding: 'execution 4 (train) not-logged: ',
    exitCode: 3,
  },
  {
    name: 'turn everything back',
    how: 'database, log and checkpoint are as they were before the second run',
    attempt: (scene) => scene.replaceByOlder('lineage.db', 'log'),
    command: PUBLISHED,
    finding: 'log cut-short: the published checkpoint is of 5 entries, the log has 3',
    exitCode: 3,
  },
  {
    name: 'delete the log',
    how: 'artifacts/log is gone',
    attempt: (scene) => scene.remove('artifacts/log'),
    command: LOG,
    finding: 'execution 1 (fetch) not-logged: there is no log that could tell whether it was altered',
    exitCode: 3,
  },
  {
    name: 'delete the log, and wait for a plain verify',
    how: 'artifacts/log is gone; the store is sound',
    attempt: (scene) => scene.remove('artifacts/log'),
    command: ['verify'],
    finding: 'execution 5 (evaluate) not-logged: there is no log that could tell whether it was altered',
    exitCode: 3,
  },
  {
    name: 'begin the log anew',
    how: 'an edited database is logged afresh by one who has the key: everything agrees but what was published',
    attempt: (scene) => {
      scene.remove('artifacts/log');
      scene.sql('UPDATE metric SET value = 0.99 WHERE execution_id = 3');
    },
    command: ['log', 'checkpoint', '&&', ...PUBLISHED],
    finding: 'log checkpoint-differs: the published checkpoint is of another log: assay-log/',
    exitCode: 3,
  },
  {
    name: 'reorder the log',
    how: 'lines 2 and 3 trade places',
    attempt: (scene) => scene.editLog(([a, b, c, ...rest]) => [a!, c!, b!, ...rest]),
    command: LOG,
    finding: 'execution 3 (evaluate) out-of-order: it was signed as entry 2',
    exitCode: 3,
  },
  {
    name: 'drop a line of the log',
    how: 'the statement of execution 2 is taken out, and its row too',
    attempt: (scene) => {
      scene.editLog(([a, _, ...rest]) => [a!, ...rest]);
      scene.sql('DELETE FROM execution_output WHERE execution_id = 2', 'DELETE FROM execution WHERE id = 2');
    },
    command: PUBLISHED,
    finding: 'log cut-short: the published checkpoint is of 5 entries, the log has 4',
    exitCode: 3,
  },
  {
    name: 'edit a line of the log',
    how: 'the accuracy in the statement of execution 3 becomes 0.99, and in its row too',
    attempt: (scene) => {
      scene.editLog((lines) => lines.map((line, i) => (i === 2 ? withPayload(line, '0.94', '0.99') : line)));
      scene.sql('UPDATE metric SET value = 0.99 WHERE execution_id = 3');
    },
    command: LOG,
    finding: 'execution 3 (evaluate) unsigned: it is not signed by a known key',
    exitCode: 3,
  },
  {
    name: 'spell a line of the log anew',
    how: 'the same envelope, its members in another order',
    attempt: (scene) =>
      scene.editLog(([first, ...rest]) => {
        const { payloadType, payload, signatures } = JSON.parse(first!) as Record<string, unknown>;
        return [JSON.stringify({ signatures, payloadType, payload }), ...rest];
      }),
    command: LOG,
    finding: 'entry 0 unreadable: it is not canonical JSON',
    exitCode: 3,
  },
  {
    name: 'take the signatures out of a line',
    how: 'the list of signatures of the first entry is empty',
    attempt: (scene) => scene.editLog(([first, ...rest]) => [withoutSignatures(first!), ...rest]),
    command: LOG,
    finding: 'execution 1 (fetch) unsigned: it is not signed',
    exitCode: 3,
  },
  {
    name: 'edit and sign anew with the stolen key',
    how: 'the accuracy of execution 3 becomes 0.99 in row, line and stored checkpoint; only what was published is out of reach',
    attempt: (scene) => {
      const key = scene.ownKey('ed25519');
      const edit = (line: string): string =>
        signLine(line, key, (statement) => JSON.parse(JSON.stringify(statement).replace('0.94', '0.99')) as never);
      scene.editLog((lines) => lines.map((line, i) => (i === 2 ? edit(line) : line)));
      scene.sql('UPDATE metric SET value = 0.99 WHERE execution_id = 3');
      scene.remove('artifacts/log/checkpoint');
    },
    command: PUBLISHED,
    finding: 'log checkpoint-differs: the published checkpoint has another root for the first 5 entries',
    exitCode: 3,
  },
  {
    name: 'sign the whole log anew with another key',
    how: 'every line is signed by a stranger',
    attempt: (scene) => {
      const key = scene.strangersKey('ed25519');
      scene.editLog((lines) => lines.map((line) => signLine(line, key)));
    },
    command: LOG,
    finding: 'execution 5 (evaluate) unsigned: it is not signed by a known key',
    exitCode: 3,
  },
  {
    name: 'replay an old statement',
    how: 'the line of execution 2 is put in the place of that of execution 4',
    attempt: (scene) => scene.editLog((lines) => lines.map((line, i) => (i === 3 ? lines[1]! : line))),
    command: LOG,
    finding: 'execution 2 (train) out-of-order: it was signed as entry 1',
    exitCode: 3,
  },
  {
    name: 'edit the stored checkpoint',
    how: 'it says 3 entries where it said 5',
    attempt: (scene) =>
      scene.write('artifacts/log/checkpoint', scene.read('artifacts/log/checkpoint').replace('\n5\n', '\n3\n')),
    command: LOG,
    finding: 'log checkpoint-unsigned: the stored checkpoint is not signed by a known key',
    exitCode: 3,
  },
  {
    name: 'delete the stored checkpoint',
    how: 'the log has entries and no checkpoint',
    attempt: (scene) => scene.remove('artifacts/log/checkpoint'),
    command: LOG,
    finding: 'log checkpoint-missing: the log has no checkpoint',
    exitCode: 3,
  },
  {
    name: 'hand out a false checkpoint',
    how: 'what is said to be published is signed by a stranger',
    attempt: (scene) => {
      const checkpoint = parseCheckpoint(scene.read('published.txt'))!;
      scene.write('published.txt', signCheckpoint(checkpoint, scene.strangersKey('ed25519')));
    },
    command: PUBLISHED,
    finding: 'log checkpoint-unsigned: the published checkpoint is not signed by a known key',
    exitCode: 3,
  },
  {
    name: 'let a stranger take over the key',
    how: 'an endorsement of the stranger, signed by the stranger alone, is added to the log',
    attempt: (scene) => {
      const stranger = scene.strangersKey('ed25519');
      const own = scene.ownKey('ed25519');
      const keys = KeyStore.open({ ASSAY_KEYS: join(scene.path('stranger')) });
      rotateKey(keys, 'ed25519');
      const endorsement = scene.read('stranger/endorsements.jsonl').trim();
      const forged = signLine(endorsement, stranger, (statement) => {
        const { predicate, ...rest } = statement as { predicate: Record<string, string> };
        return { ...rest, predicate: { ...predicate, previousKey: own.publicPem, publicKey: stranger.publicPem } };
      });
      scene.editLog((lines) => [...lines, forged]);
    },
    command: LOG,
    finding: 'entry 5 unsigned: it endorses a key without the signatures of both keys',
    exitCode: 3,
  },
  {
    name: 'use a key after it was replaced',
    how: 'the owner rotates the key, and one who has the old one signs a new entry with it',
    attempt: (scene) => {
      const old = scene.ownKey('ed25519');
      rotateKey(KeyStore.open({ ASSAY_KEYS: scene.project.keys }), 'ed25519');
      const endorsement = scene.readKeys('endorsements.jsonl').trim();
      scene.editLog((lines) => [...lines, endorsement, movedTo(6, lines[4]!, old)]);
    },
    command: LOG,
    finding: 'execution 5 (evaluate) unsigned: it is signed by a key that was replaced at entry 5',
    exitCode: 3,
  },
  {
    name: 'have a statement handed out that a replaced key signed',
    how: 'the owner rotates the key, and one who has the old one signs the statement of the model once more',
    attempt: (scene) => {
      const old = scene.ownKey('ed25519');
      rotateKey(KeyStore.open({ ASSAY_KEYS: scene.project.keys }), 'ed25519');
      scene.editLog((lines) => [...lines, scene.readKeys('endorsements.jsonl').trim(), movedTo(6, lines[1]!, old)]);
    },
    command: ['attest', 'train.model', '--as', 'in-toto'],
    finding: 'error[attestation-unsigned]',
    exitCode: 1,
  },
  {
    name: 'endorse a key of their own with one that was replaced',
    how: 'the owner rotates the key, and one who has the old one lets it endorse a new one, as if it had never been replaced',
    attempt: (scene) => {
      const thief = scene.thiefsKeys();
      rotateKey(KeyStore.open({ ASSAY_KEYS: scene.project.keys }), 'ed25519');
      rotateKey(thief, 'ed25519');
      scene.editLog((lines) => [
        ...lines,
        scene.readKeys('endorsements.jsonl').trim(),
        scene.read('thief/endorsements.jsonl').trim(),
        movedTo(7, lines[4]!, thief.signingKey('ed25519')),
      ]);
    },
    command: LOG,
    finding: 'entry 6 unsigned: it is signed by a key that was replaced at entry 5',
    exitCode: 3,
  },
  {
    name: 'sign a checkpoint with a key that was replaced',
    how: 'the owner rotates the key, and one who has the old one signs a checkpoint over the endorsement of the new one',
    attempt: (scene) => {
      const old = scene.ownKey('ed25519');
      rotateKey(KeyStore.open({ ASSAY_KEYS: scene.project.keys }), 'ed25519');
      const endorsement = scene.readKeys('endorsements.jsonl').trim();
      scene.editLog((lines) => [...lines, endorsement]);
      scene.signLog(old);
    },
    command: LOG,
    finding: 'log checkpoint-unsigned: the stored checkpoint is signed by a key that was replaced at entry 5',
    exitCode: 3,
  },
  {
    name: 'replace the public key',
    how: 'the public half beside the private key becomes a stranger’s, who signed the log',
    attempt: (scene) => {
      const key = scene.strangersKey('ed25519');
      scene.editLog((lines) => lines.map((line) => signLine(line, key)));
      scene.write(join('..', scene.project.keys.split('/').at(-1)!, 'ed25519.pub.pem'), key.publicPem);
    },
    command: LOG,
    finding: 'error[key-mismatch]',
    exitCode: 1,
  },
  {
    name: 'use a key that others can read',
    how: 'the mode of the private key is 644',
    attempt: (scene) => chmodSync(join(scene.project.keys, 'p256.pem'), 0o644),
    command: ['freeze', 'train.model'],
    finding: 'error[key-exposed]',
    exitCode: 1,
  },
  {
    name: 'edit one weight after freezing',
    how: 'the first weight of an exported model becomes 2',
    attempt: (scene) => scene.editBytes('exported/weights.bin', (bytes) => void bytes.writeFloatLE(2, KERNEL_ONE)),
    command: EXPORTED,
    finding: 'dense/kernel  moved    L2 0.875, relative 0.0891, max 0.875',
    exitCode: 3,
  },
  {
    name: 'edit one bit of the description after freezing',
    how: 'a bit of model.json is flipped',
    attempt: (scene) => scene.editBytes('exported/model.json', (bytes) => void (bytes[20] = bytes[20]! ^ 1)),
    command: EXPORTED,
    finding: 'model.json  altered  found ',
    exitCode: 3,
  },
  {
    name: 'put another model under the frozen name',
    how: 'the pipeline was run with one step more',
    attempt: () => undefined,
    command: [...FROZEN, '--set', 'steps=2'],
    finding: 'dense/kernel  moved    L2 0.306, relative 0.0312, max 0.125',
    exitCode: 3,
  },
  {
    name: 'edit the frozen model in the store',
    how: 'a byte of its weights is changed in artifacts/objects',
    attempt: (scene) => {
      const blob = readlinkSync(scene.path('older/view/train/model/weights.bin')).replace(/^.*objects\//, 'objects/');
      scene.editBytes(`artifacts/${blob}`, (bytes) => void (bytes[0] = 1));
    },
    command: FROZEN,
    finding: 'stored file  altered  blob ',
    exitCode: 3,
  },
  {
    name: 'make a weight no number',
    how: 'the first weight of an exported model becomes NaN',
    attempt: (scene) => scene.editBytes('exported/weights.bin', (bytes) => void bytes.writeFloatLE(NaN, KERNEL_ONE)),
    command: EXPORTED,
    finding: 'dense/kernel  moved    L2 not finite, relative not finite, max not finite',
    exitCode: 3,
  },
  {
    name: 'add a file beside a signed model',
    how: 'a program lies in the folder that the signature does not list',
    attempt: (scene) => scene.write('exported/load.py', 'import os'),
    command: EXPORTED,
    finding: 'load.py  unlisted  the signature does not list it',
    exitCode: 3,
  },
  {
    name: 'remove a file of a signed model',
    how: 'weights.bin is gone',
    attempt: (scene) => scene.remove('exported/weights.bin'),
    command: EXPORTED,
    finding: 'weights.bin  missing  it was signed and is not there',
    exitCode: 3,
  },
  {
    name: 'rename a file of a signed model',
    how: 'weights.bin becomes weights-old.bin',
    attempt: (scene) => renameSync(scene.path('exported/weights.bin'), scene.path('exported/weights-old.bin')),
    command: EXPORTED,
    finding: 'weights-old.bin  unlisted  the signature does not list it; it has the content of weights.bin',
    exitCode: 3,
  },
  {
    name: 'put a link in the place of a signed file',
    how: 'weights.bin is a link to the same bytes elsewhere, to be changed later',
    attempt: (scene) => {
      renameSync(scene.path('exported/weights.bin'), scene.path('elsewhere.bin'));
      symlinkSync('../elsewhere.bin', scene.path('exported/weights.bin'));
    },
    command: EXPORTED,
    finding: 'weights.bin  link  it is a symbolic link, which no signature covers',
    exitCode: 3,
  },
  {
    name: 'show the signature of another model',
    how: 'the bundle of the second model is put beside the first',
    attempt: (scene) => scene.write('model.sig', scene.read('other.sig')),
    command: EXPORTED,
    finding: 'weights.bin   altered  found ',
    exitCode: 3,
  },
  {
    name: 'empty the list of signatures',
    how: 'the bundle holds no signature',
    attempt: (scene) =>
      scene.editJson('model.sig', (bundle: Parameters<typeof signWithRsa>[0]) => ({
        ...bundle,
        dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [] },
      })),
    command: EXPORTED,
    finding: 'signature  unsigned  it holds 0 signatures, and must hold one',
    exitCode: 3,
  },
  {
    name: 'sign with another kind of key',
    how: 'a stranger’s RSA key signs the bundle, and its hint says so',
    attempt: (scene) => scene.editJson('model.sig', signWithRsa),
    command: EXPORTED,
    finding: 'signature  unsigned  it was signed by another key: ',
    exitCode: 3,
  },
  {
    name: 'sign with a stranger’s key, in the owner’s name',
    how: 'an edited bundle is signed by a stranger, with the hint of the owner',
    attempt: (scene) =>
      scene.editJson('model.sig', (bundle: Parameters<typeof signWithRsa>[0]) =>
        signBundle(bundle, scene.strangersKey('p256'), (text) => text, scene.ownKey('p256').keyId),
      ),
    command: EXPORTED,
    finding: 'signature  unsigned  its signature is not by a known key, or it was altered after signing',
    exitCode: 3,
  },
  {
    name: 'sign with the owner’s other key',
    how: 'the bundle is signed with Ed25519, where the verifier has P-256',
    attempt: (scene) =>
      scene.editJson('model.sig', (bundle: Parameters<typeof signWithRsa>[0]) =>
        signBundle(bundle, scene.ownKey('ed25519'), (text) => text, scene.ownKey('p256').keyId),
      ),
    command: EXPORTED,
    finding: 'signature  unsigned  its signature is not by a known key, or it was altered after signing',
    exitCode: 3,
  },
  {
    name: 'replace the signature of a frozen model',
    how: 'artifacts/frozen holds a stranger’s signature of the second model',
    attempt: (scene) =>
      scene.editJson('artifacts/frozen/train.model.sig', (bundle: Parameters<typeof signWithRsa>[0]) =>
        signBundle(bundle, scene.strangersKey('p256'), (text) => text),
      ),
    command: FROZEN,
    finding: 'signature  unsigned  it was signed by another key: ',
    exitCode: 3,
  },
  {
    name: 'give an address for a digest',
    how: 'a bundle that is signed well says of weights.bin where it came from, not what it is',
    attempt: (scene) =>
      reSign(scene, (text) =>
        text.replace(/[0-9a-f]{64}(?=","name":"weights.bin")/, 'https://example.org/weights.bin'),
      ),
    command: EXPORTED,
    finding:
      'signature  unverifiable  the sha256 of weights.bin is "https://example.org/weights.bin", which is no digest',
    exitCode: 3,
  },
  {
    name: 'hash with a weaker function',
    how: 'a bundle that is signed well gives an MD5 of weights.bin',
    attempt: (scene) =>
      reSign(scene, (text) => text.replace(/"algorithm":"sha256"(?=[^{]*"name":"weights.bin")/, '"algorithm":"md5"')),
    command: EXPORTED,
    finding: 'signature  unverifiable  weights.bin is hashed with "md5", not sha256',
    exitCode: 3,
  },
  {
    name: 'lead a signature out of the folder',
    how: 'a bundle that is signed well lists ../weights.bin',
    attempt: (scene) => reSign(scene, (text) => text.replaceAll('"name":"weights.bin"', '"name":"../weights.bin"')),
    command: EXPORTED,
    finding: 'signature  malformed  it lists "../weights.bin", which is no path inside a model',
    exitCode: 3,
  },
  {
    name: 'let the subject be another than the files',
    how: 'a bundle that is signed well names the digest of another model',
    attempt: (scene) =>
      reSign(scene, (text) => text.replace(/(?<="subject":\[\{"digest":\{"sha256":")[0-9a-f]{64}/, '0'.repeat(64))),
    command: EXPORTED,
    finding: 'signature  malformed  its subject is not the digest of the files it lists',
    exitCode: 3,
  },
];

function dropping(id: number): string[] {
  const tables = ['execution_input', 'execution_output', 'param', 'metric', 'action_result'];
  return [
    ...tables.map((table) => `DELETE FROM ${table} WHERE execution_id = ${id}`),
    `DELETE FROM execution WHERE id = ${id}`,
  ];
}

/** By way of a number that is not in use. */
function swap(table: string, column: string): string[] {
  return [
    [2, -1],
    [4, 2],
    [-1, 4],
  ].map(([from, to]) => `UPDATE ${table} SET ${column} = ${to} WHERE ${column} = ${from}`);
}

function withPayload(line: string, from: string, to: string): string {
  const { payload } = JSON.parse(line) as { payload: string };
  const edited = Buffer.from(Buffer.from(payload, 'base64').toString().replace(from, to)).toString('base64');
  return line.replace(payload, edited);
}

function withoutSignatures(line: string): string {
  return line.replace(/"signatures":\[.*\]/, '"signatures":[]');
}

/** By one who has the owner's key: what the statement says is judged for itself. */
function reSign(scene: SignatureScene, edit: (statement: string) => string): void {
  scene.editJson('model.sig', (bundle: Parameters<typeof signWithRsa>[0]) => {
    const edited = signBundle(bundle, scene.ownKey('p256'), edit);
    if (edited.dsseEnvelope.payload === bundle.dsseEnvelope.payload) throw new Error('the edit changes nothing');
    return edited;
  });
}
