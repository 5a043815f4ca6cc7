/**
 * Ways to cheat at the level of the store, the database, the pipeline and a run under way. Each is tried with the real command line;
 * `finding` is text that it must print. The rows are data, so that a document can be made of them.
 */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { digestBytes, recordBytes, type Digest } from '../../lib/base/digest.ts';
import { expectationDigest } from '../../lib/execute/check-expectation.ts';
import { hostIdentity, processBirth } from '../../lib/lineage/process-identity.ts';
import { actionKey, type Action } from '../../lib/model/action.ts';
import type { Expectation } from '../../lib/model/stage.ts';
import type { Ended } from '../cli/rig.ts';
import { PIPELINE, type StoreScene } from './store-scene.ts';

export interface StoreAttempt {
  readonly name: string;
  /** What the attacker does, in words. */
  readonly how: string;
  /** What it ends with is the report, where the attempt is part of a run; else `command` gives the report. */
  readonly attempt: (scene: StoreScene) => void | Promise<void | Ended>;
  readonly command: readonly string[];
  readonly finding: string;
  readonly exitCode: number;
  /** The pipeline was changed in the open: what a following run gives is what the file then says. */
  readonly changesPipeline?: true;
}

const VERIFY = ['verify'];
const flipLast = (bytes: Buffer): void => void (bytes[bytes.length - 1]! ^= 1);
const images = (scene: StoreScene, output: string): string => scene.storedFile(output, 'train-images.idx');
const manifestText = (form: string, entries: readonly object[]): string =>
  `manifest/v1\0${JSON.stringify({ entries, form })}`;
/** A manifest of another content becomes the merged data, in the store and in every table. */
const replaceManifest = (scene: StoreScene, extra: (blob: Digest) => object): void => {
  const { form, entries } = scene.manifest('merge.data');
  const forged = [...entries, extra(scene.store('evil'))];
  scene.replaceOutput('merge.data', scene.store(manifestText(form, forged)));
};
const swapFiles = (a: string, b: string): void => {
  renameSync(a, `${a}.swap`);
  renameSync(b, a);
  renameSync(`${a}.swap`, b);
};
const writable = (file: string, edit: () => void): void => {
  chmodSync(file, 0o644);
  edit();
};
/** A sound record of a training with another seed, which never was. */
const forgeRecord = (scene: StoreScene): void => {
  const digest = scene.one(`SELECT record_digest FROM execution WHERE instance = 'train'`);
  const text = readFileSync(scene.blobFile(digest), 'utf8').slice('result/v1\0'.length);
  const record = JSON.parse(text) as { action: Action; key: string };
  record.action = { ...record.action, params: { seed: 2 } };
  record.key = actionKey(record.action);
  scene.store(recordBytes('result/v1', record as never));
};

/** In the sandbox of the one stage that runs. */
const givenFile = (scene: StoreScene, path: string): string => {
  const [sandbox] = readdirSync(scene.path('artifacts/staging'));
  return join(scene.path('artifacts/staging'), sandbox!, 'inputs', path);
};
/** The row of a check of the merged data that was never made, as the one for four records has it. */
const forgeExpectation = (scene: StoreScene, added: number): void => {
  const { record, seal } = JSON.parse(scene.one('SELECT json FROM expectation_check')) as Record<string, object>;
  const wanted = { against: 'clean', added, removed: 0, changed: 0 } as Expectation;
  const digest = expectationDigest(scene.artifact('merge.data'), scene.artifact('fetch.data'), wanted);
  const forged = JSON.stringify({ record: { ...record, holds: true, findings: [] }, seal });
  scene.execute('INSERT INTO expectation_check VALUES (?, ?)', digest, forged);
};

const STORE: readonly StoreAttempt[] = [
  {
    name: 'edit a stored file, mode and times as before',
    how: 'one pixel of the merged data',
    attempt: (scene) => scene.edit(images(scene, 'merge.data'), flipLast),
    command: VERIFY,
    finding: 'merge.data: train-images.idx altered: found',
    exitCode: 3,
  },
  {
    name: 'swap two stored files',
    how: 'the images of the clean data and of the poison change names',
    attempt: (scene) => swapFiles(images(scene, 'fetch.data'), images(scene, 'poison.data')),
    command: VERIFY,
    finding: 'poison.data: train-images.idx altered: found',
    exitCode: 3,
  },
  {
    name: 'truncate a stored file',
    how: 'the last 100 bytes of the merged images are cut off',
    attempt: (scene) => {
      const file = images(scene, 'merge.data');
      writable(file, () => truncateSync(file, readFileSync(file).length - 100));
    },
    command: VERIFY,
    finding: 'merge.data: train-images.idx altered: found',
    exitCode: 3,
  },
  {
    name: 'delete a stored file',
    how: 'the weights of the model are removed',
    attempt: (scene) => rmSync(scene.storedFile('train.model', 'weights.bin')),
    command: VERIFY,
    finding: 'train.model: weights.bin missing',
    exitCode: 3,
  },
  {
    name: 'truncate a pack',
    how: 'the last 200 bytes of the pack, index and trailer, are cut off',
    attempt: (scene) =>
      writable(scene.pack(), () => truncateSync(scene.pack(), readFileSync(scene.pack()).length - 200)),
    command: VERIFY,
    finding: 'its index cannot be read, so nothing in it is found',
    exitCode: 3,
  },
  {
    name: 'flip a byte in a pack',
    how: 'one of 300 small files, mode and times of the pack as before',
    attempt: (scene) => scene.edit(scene.pack(), (bytes) => void (bytes[bytes.indexOf('part 123\n')]! ^= 1)),
    command: VERIFY,
    finding: 'scatter.parts: 123.txt altered: found',
    exitCode: 3,
  },
  {
    name: "edit a pack's index",
    how: 'a bit of one digest in the index',
    attempt: (scene) => scene.edit(scene.pack(), (bytes) => void (bytes[bytes.length - 60]! ^= 1)),
    command: VERIFY,
    finding: 'its index cannot be read, so nothing in it is found',
    exitCode: 3,
  },
  {
    name: 'edit a manifest',
    how: "the merged data's list names the poison's images, under its old name",
    attempt: (scene) => {
      const [from, to] = ['merge.data', 'poison.data'].map(
        (output) => scene.manifest(output).entries.find(({ path }) => path === 'train-images.idx')!.blob,
      );
      scene.edit(scene.blobFile(scene.artifact('merge.data')), (bytes) =>
        Buffer.from(bytes.toString('latin1').replace(from as string, to as string), 'latin1'),
      );
    },
    command: VERIFY,
    finding: 'merge.data: manifest altered: found',
    exitCode: 3,
  },
  {
    name: 'edit a manifest and its name',
    how: "a new list under its own digest, and the database's rows lead to it",
    attempt: (scene) => {
      const { form, entries } = scene.manifest('merge.data');
      const evil = scene.store('evil');
      const forged = entries.map((entry) =>
        entry.path === 'train-labels.idx' ? { blob: evil, path: entry.path, sizeBytes: 4 } : entry,
      );
      scene.replaceOutput('merge.data', scene.store(manifestText(form, forged)));
    },
    command: VERIFY,
    finding: 'of merge contradicted: outputs.data is',
    exitCode: 3,
  },
  {
    name: 'a manifest with a path that leaves its folder',
    how: 'an entry ../../evil, and the rows lead to it',
    attempt: (scene) => replaceManifest(scene, (blob) => ({ blob, path: '../../evil', sizeBytes: 4 })),
    command: VERIFY,
    finding: 'has the segment ".."',
    exitCode: 3,
  },
  {
    name: 'a manifest with an absolute path',
    how: 'an entry /tmp/evil, and the rows lead to it',
    attempt: (scene) => replaceManifest(scene, (blob) => ({ blob, path: '/tmp/evil', sizeBytes: 4 })),
    command: VERIFY,
    finding: 'path "/tmp/evil" is absolute',
    exitCode: 3,
  },
  {
    name: 'a manifest with a link',
    how: 'an entry that says it is a link to /etc/passwd, and the rows lead to it',
    attempt: (scene) =>
      replaceManifest(scene, (blob) => ({ blob, link: '/etc/passwd', path: 'train.evil', sizeBytes: 4 })),
    command: VERIFY,
    finding: 'has the unknown field "link"',
    exitCode: 3,
  },
  {
    name: 'replace a stored file by a link to the right content elsewhere',
    how: 'the content can then be changed from outside the store',
    attempt: (scene) => {
      const file = images(scene, 'merge.data');
      renameSync(file, scene.path('elsewhere'));
      symlinkSync(scene.path('elsewhere'), file);
    },
    command: VERIFY,
    finding: 'it is a link: Assay did not put it there and never uses it',
    exitCode: 3,
  },
  {
    name: 'edit a stored file through a hard link elsewhere',
    how: 'a second name outside the store, and an edit there',
    attempt: (scene) => {
      linkSync(images(scene, 'merge.data'), scene.path('second-name'));
      scene.edit(scene.path('second-name'), flipLast);
    },
    command: VERIFY,
    finding: 'merge.data: train-images.idx altered: found',
    exitCode: 3,
  },
  {
    name: 'a file under a name that is not its digest',
    how: 'a stray file in objects/',
    attempt: (scene) => {
      const file = scene.blobFile(scene.store('stray'));
      scene.edit(file, flipLast);
    },
    command: VERIFY,
    finding: 'next: assay gc removes it: no result needs it',
    exitCode: 3,
  },
  {
    name: 'edit a file in the view',
    how: 'the link in artifacts/view leads to the stored file',
    attempt: (scene) => {
      const file = realpathSync(scene.path('artifacts/view/merge/data/train-labels.idx'));
      writable(file, () => appendFileSync(file, 'x'));
    },
    command: VERIFY,
    finding: 'merge.data: train-labels.idx altered: found',
    exitCode: 3,
  },
  {
    name: 'edit a copy in the view',
    how: 'what a pack holds is shown as a copy, which nothing reads',
    attempt: (scene) => {
      const file = scene.path('artifacts/view/scatter/parts/123.txt');
      writable(file, () => writeFileSync(file, 'evil\n'));
    },
    command: VERIFY,
    finding: 'artifacts/view/scatter/parts/123.txt altered: found',
    exitCode: 3,
  },
  {
    name: 'a link in the view that leads elsewhere',
    how: 'the view shows the poison as the clean data',
    attempt: (scene) => {
      const file = scene.path('artifacts/view/fetch/data/train-images.idx');
      rmSync(file);
      symlinkSync(images(scene, 'poison.data'), file);
    },
    command: VERIFY,
    finding: 'artifacts/view/fetch/data/train-images.idx altered: found',
    exitCode: 3,
  },
];

const DATABASE: readonly StoreAttempt[] = [
  {
    name: 'edit a stored action, so that its key would stand for other work',
    how: 'the seed in the action of the training',
    attempt: (scene) => scene.execute(`UPDATE action SET json = replace(json, '"seed":1', '"seed":9')`),
    command: VERIFY,
    finding: 'action of train altered: found',
    exitCode: 3,
  },
  {
    name: 'let a key give the result of another stage',
    how: "the poison's action_result names the execution that made the clean data",
    attempt: (scene) =>
      scene.execute(`UPDATE action_result SET execution_id = (SELECT id FROM execution WHERE instance = 'fetch')
                     WHERE key = (SELECT key FROM execution WHERE instance = 'poison')`),
    command: VERIFY,
    finding: 'table action_result dangling: 1 of its rows names a row of execution that is not there',
    exitCode: 3,
  },
  {
    name: 'swap the clean and the poison outputs in the database',
    how: 'the rows of execution_output, and the outcomes with them',
    attempt: (scene) => {
      const [clean, poison] = [scene.artifact('fetch.data'), scene.artifact('poison.data')];
      scene.execute(
        'UPDATE execution_output SET artifact = CASE artifact WHEN ? THEN ? ELSE ? END WHERE artifact IN (?, ?)',
        ...[clean, poison, clean, clean, poison],
      );
    },
    command: VERIFY,
    finding: 'of fetch contradicted: outputs.data is',
    exitCode: 3,
  },
  {
    name: 'drop a row',
    how: 'that the poison was ever read by the merge',
    attempt: (scene) => scene.execute(`DELETE FROM execution_input WHERE name = 'poison'`),
    command: VERIFY,
    finding: 'of merge contradicted: inputs.poison is not there, its result record says',
    exitCode: 3,
  },
  {
    name: 'insert a row',
    how: 'a second output that the training never made',
    attempt: (scene) =>
      scene.execute(
        `INSERT INTO execution_output SELECT id, 'certificate', 'file', ? FROM execution WHERE instance = 'train'`,
        scene.artifact('fetch.data'),
      ),
    command: VERIFY,
    finding: 'of train contradicted: outputs.certificate is',
    exitCode: 3,
  },
  {
    name: 'edit a metric',
    how: 'the accuracy becomes 0.99',
    attempt: (scene) => scene.execute('UPDATE metric SET value = 0.99'),
    command: VERIFY,
    finding: 'metrics.metrics.accuracy is 0.99, its result record says',
    exitCode: 3,
  },
  {
    name: 'edit a recorded param',
    how: 'the seed of the training',
    attempt: (scene) => scene.execute(`UPDATE param SET value = '7' WHERE name = 'seed'`),
    command: VERIFY,
    finding: 'of train contradicted: params.seed is 7, its result record says 1',
    exitCode: 3,
  },
  {
    name: 'remove an execution, its rows stay',
    how: 'that the poison was ever made',
    attempt: (scene) => scene.execute(`DELETE FROM execution WHERE instance = 'poison'`),
    command: VERIFY,
    finding: 'table execution_output orphaned: 1 of its rows belongs to no execution that ended well',
    exitCode: 3,
  },
  {
    name: 'replace the whole database by an older one',
    how: 'from before a run with another scale',
    attempt: async (scene) => {
      const database = scene.path('artifacts/lineage.db');
      copyFileSync(database, scene.path('older.db'));
      await scene.assay(['run', '--set', 'scale=2']);
      for (const suffix of ['-wal', '-shm']) rmSync(database + suffix, { force: true });
      copyFileSync(scene.path('older.db'), database);
    },
    command: VERIFY,
    finding:
      'of evaluate; no execution names it: made by something else than Assay, left by a crash, or the database is older',
    exitCode: 3,
  },
  {
    name: 'damage the database',
    how: 'its second page is overwritten',
    attempt: (scene) => scene.edit(scene.path('artifacts/lineage.db'), (bytes) => void bytes.fill(0xff, 4096, 8192)),
    command: VERIFY,
    finding: 'lineage.db damaged',
    exitCode: 3,
  },
  {
    name: 'remove the database',
    how: 'nothing then says who made what',
    attempt: (scene) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(scene.path(`artifacts/lineage.db${suffix}`), { force: true });
    },
    command: VERIFY,
    finding: 'lineage.db missing: nothing names what',
    exitCode: 3,
  },
  {
    name: 'edit a result record',
    how: 'a byte of the record of the merge',
    attempt: (scene) =>
      scene.edit(scene.blobFile(scene.one(`SELECT record_digest FROM execution WHERE instance = 'merge'`)), flipLast),
    command: VERIFY,
    finding: 'result record of merge altered: found',
    exitCode: 3,
  },
  {
    name: 'a hand-made result record of an action that never ran',
    how: 'seed 2 would give the poison as the merged data, once the database is rebuilt',
    attempt: forgeRecord,
    command: VERIFY,
    finding: 'of train; no execution names it: made by something else than Assay',
    exitCode: 3,
  },
  {
    name: 'a hand-made result record, and the database rebuilt from it',
    how: 'what the record says stands in the store and in every table',
    attempt: async (scene) => {
      forgeRecord(scene);
      await scene.assay(['doctor', '--rebuild']);
    },
    command: VERIFY,
    finding: 'not-logged: it was put into the database, or its run ended before it was logged',
    exitCode: 3,
  },
  {
    name: 'a hand-made result record, told of by the rebuild itself',
    how: 'the same; nobody verifies afterwards',
    attempt: forgeRecord,
    command: ['doctor', '--rebuild'],
    finding: '1 result that no signed statement backs: assay verify names them',
    exitCode: 0,
  },
  {
    name: 'forge a lease',
    how: 'a living process seems to be at work on the training, so that a run would wait for ever',
    attempt: (scene) => {
      const pid = process.pid;
      const values = [hostIdentity(), pid, processBirth(pid) ?? '', 9e12];
      scene.execute('INSERT INTO process (host, pid, birth, heartbeat_at_ms) VALUES (?, ?, ?, ?)', ...values);
      scene.execute(`INSERT INTO lease SELECT key, (SELECT max(id) FROM process), instance, 1 FROM execution
                     WHERE instance = 'train'`);
    },
    command: VERIFY,
    finding: 'lease of train orphaned: process',
    exitCode: 3,
  },
  {
    name: 'forge the stat cache, so that an edited stored file looks unread',
    how: 'one pixel of the merged data, and the row that says it is as it was',
    attempt: (scene) => {
      const file = images(scene, 'merge.data');
      const digest = digestBytes(readFileSync(file));
      scene.edit(file, flipLast);
      scene.forgeStatCache(file, digest);
    },
    command: VERIFY,
    finding: 'merge.data: train-images.idx altered: found',
    exitCode: 3,
  },
  {
    name: 'edit what verify remembers, so that an edited stored file looks read',
    how: 'one pixel of the merged data, and its new times in verify-state.json, where a sound file stood',
    attempt: async (scene) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await scene.assay(['verify', '--since-last']);
      const file = images(scene, 'merge.data');
      scene.edit(file, flipLast);
      const path = scene.path('artifacts/verify-state.json');
      const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true });
      const remembered = JSON.parse(readFileSync(path, 'utf8')) as { state: { files: Record<string, unknown[]> } };
      const stamp = [Number(dev), Number(ino), Number(size), String(mtimeNs), String(ctimeNs)];
      remembered.state.files[relative(scene.path('artifacts'), file)] = stamp;
      writeFileSync(path, JSON.stringify(remembered));
    },
    command: ['verify', '--since-last'],
    finding: 'merge.data: train-images.idx altered: found',
    exitCode: 3,
  },
  {
    name: 'forge the stat cache, so that edited code looks unread',
    how: 'stages/train.sh, and the row that says it is as it was',
    attempt: (scene) => {
      const file = scene.path('stages/train.sh');
      const digest = digestBytes(readFileSync(file));
      writeFileSync(file, 'echo evil > "$2/weights.bin"\n');
      scene.forgeStatCache(file, digest);
    },
    command: VERIFY,
    finding: 'stages/train.sh altered: found',
    exitCode: 3,
  },
];

const PIPELINE_AND_RUN: readonly StoreAttempt[] = [
  {
    name: 'swap clean and poison in pipeline.yaml',
    how: 'the merge reads each as the other',
    attempt: (scene) =>
      writeFileSync(
        scene.path('pipeline.yaml'),
        PIPELINE.replace('clean: fetch.data, poison: poison.data', 'clean: poison.data, poison: fetch.data'),
      ),
    command: ['run'],
    finding: 'merge: does not give what is expected of it',
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: 'forge the note that an expectation was found to hold',
    how: 'the merge may add nothing from now on; a row says that this was checked, with the seal of the check that was made',
    attempt: (scene) => {
      writeFileSync(scene.path('pipeline.yaml'), PIPELINE.replace('added: 4', 'added: 0'));
      forgeExpectation(scene, 0);
    },
    command: ['run'],
    finding: 'added: expected 0, found 4: train records 20-23',
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: 'edit pipeline.yaml between plan and run',
    how: 'a param; the plan said that all is cached',
    attempt: async (scene) => {
      await scene.assay(['plan']);
      writeFileSync(scene.path('pipeline.yaml'), PIPELINE.replace('scale: 1', 'scale: 5'));
    },
    command: ['run'],
    finding: 'scale 1 -> 5',
    exitCode: 0,
    changesPipeline: true,
  },
  {
    name: 'a dataset that claims other records than it has',
    how: "the Merkle root in the source's dataset.json",
    attempt: async (scene) => {
      const file = scene.path('data/clean/dataset.json');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/("recordsRoot": \{\s+"train": "sha256:)[0-9a-f]{8}/, '$100000000'));
      await scene.assay(['run']);
    },
    command: VERIFY,
    finding: 'fetch.data invalid: dataset.json claims recordsRoot',
    exitCode: 3,
    changesPipeline: true,
  },
  {
    name: 'edit an input while a stage reads it',
    how: 'the clean data in the project, while the fetch runs',
    attempt: (scene) => scene.duringFetch(() => appendFileSync(scene.path('data/clean/train-images.idx'), 'x')),
    command: [],
    finding: 'data/clean changed while the stage ran',
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: "edit a stage's code while it runs",
    how: 'stages/train.sh, while the training runs',
    attempt: (scene) => scene.duringTraining(() => appendFileSync(scene.path('stages/train.sh'), '# edited\n')),
    command: [],
    finding: 'stages/train.sh changed while the stage ran',
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: 'edit what a stage was given, while it runs',
    how: 'the merged images in the sandbox of the training',
    attempt: (scene) => scene.duringTraining(() => scene.edit(givenFile(scene, 'data/train-images.idx'), flipLast)),
    command: [],
    finding: 'inputs/data/train-images.idx',
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: 'edit what a stage was given from a pack, while it runs',
    how: 'a copy of one of 300 small files in the sandbox of the training, its time put back; the pack is untouched',
    attempt: (scene) => {
      writeFileSync(
        scene.path('pipeline.yaml'),
        PIPELINE.replace('{ data: merge.data }', '{ data: merge.data, parts: scatter.parts }'),
      );
      return scene.duringTraining(() => scene.edit(givenFile(scene, 'parts/123.txt'), flipLast));
    },
    command: [],
    finding: "wrote into what it was given to read: inputs/parts/123.txt; the store's own is as it was",
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: 'put another file in the place of what a stage was given, while it runs',
    how: 'the link to the merged images becomes a file of its own with the poison; the stored file is untouched',
    attempt: (scene) =>
      scene.duringTraining(() => {
        const file = givenFile(scene, 'data/train-images.idx');
        copyFileSync(images(scene, 'poison.data'), `${file}.new`);
        renameSync(`${file}.new`, file);
      }),
    command: [],
    finding: "inputs/data/train-images.idx; the store's own is as it was",
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: 'add a file to what a stage was given, while it runs',
    how: 'one more file among the merged data, for a program that reads all that lies in a folder',
    attempt: (scene) => scene.duringTraining(() => writeFileSync(givenFile(scene, 'data/more.idx'), 'more')),
    command: [],
    finding: "inputs/data/more.idx; the store's own is as it was",
    exitCode: 1,
    changesPipeline: true,
  },
  {
    name: 'edit the checkpoint of a training that failed',
    how: 'the next run would go on from it, under the key of the clean data',
    attempt: async (scene) => {
      writeFileSync(
        scene.path('stages/train.sh'),
        `[ -e checkpoint/state ] || ${LEAVE_STATE}\ncp checkpoint/state "$2/weights.bin"\n`,
      );
      await scene.assay(['run', 'train']);
      const [sandbox] = readdirSync(scene.path('artifacts/staging'));
      writeFileSync(join(scene.path('artifacts/staging'), sandbox!, 'checkpoint/state'), 'poisoned weights');
    },
    command: ['run', 'train'],
    finding: "train does not continue from checkpoint/state: it is not as this user's Assay left it",
    exitCode: 1,
    changesPipeline: true,
  },
];

/** As a training that is cut off by an error after its first epoch. */
const LEAVE_STATE = '{ echo "the first epoch" > checkpoint/state; exit 1; }';

export const STORE_ATTEMPTS: readonly StoreAttempt[] = [...STORE, ...DATABASE, ...PIPELINE_AND_RUN];
