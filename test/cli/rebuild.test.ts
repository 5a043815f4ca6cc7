import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordBytes } from '../../lib/base/digest.ts';
import { RESULT_PREFIX, type ResultRecord } from '../../lib/lineage/result-record.ts';
import { actionKey } from '../../lib/model/action.ts';
import { CHAIN, CHAIN_FILES, makeProject, transcript, type Project } from './rig.ts';

function removeDatabase({ root }: Project): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(root, `artifacts/lineage.db${suffix}`), { force: true });
}

/** The result records in the project's store, read without the store's code. */
function readRecords({ root }: Project): ResultRecord[] {
  const objects = join(root, 'artifacts/objects');
  return readdirSync(objects, { recursive: true, encoding: 'utf8' })
    .map((name) => join(objects, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'))
    .filter((text) => text.startsWith(RESULT_PREFIX))
    .map((text) => JSON.parse(text.slice(RESULT_PREFIX.length)) as ResultRecord);
}

describe('assay doctor --rebuild', () => {
  it('brings every result of a lost database back, so that nothing runs again', async () => {
    const project = makeProject();
    await project.assay(['run']);
    removeDatabase(project);
    const doctor = await project.assay(['doctor']);
    expect({
      code: doctor.code,
      store: /.*store.*\n.*fix.*/.exec(doctor.stdout)?.[0].replace(/\d+ files/, '<n> files'),
    }).toMatchInlineSnapshot(`
      {
        "code": 1,
        "store": "fail  store              lineage.db is gone, and the store holds <n> files
            fix: assay doctor --rebuild",
      }
    `);
    expect(transcript(await project.assay(['doctor', '--rebuild']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      there was no lineage.db: results come back, the history of earlier runs does not
      3 results restored from the store, 0 known already
      next: assay status
      --- stderr
      "
    `);
    expect(transcript(await project.assay(['run']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch     cached   11 B
      poison    cached   32 B
      evaluate  cached   53 B

      accuracy 0.94

      3 stages: 3 cached, <time>
      --- stderr
      "
    `);
    expect(transcript(await project.assay(['doctor', '--rebuild']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      lineage.db can be read: what it holds stays, and only results that it lacks are added
      0 results restored from the store, 3 known already
      next: assay status
      --- stderr
      "
    `);
  });

  it('says how many results no signed statement backs, or that no key can tell', async () => {
    const project = makeProject();
    await project.assay(['run']);
    removeDatabase(project);
    const rebuild = async (env: NodeJS.ProcessEnv = {}): Promise<[string, number | null]> => {
      const { stdout } = await project.assay(['doctor', '--rebuild'], { env });
      const json = await project.assay(['doctor', '--rebuild', '--json'], { env });
      return [stdout.split('\n').at(-3)!, (JSON.parse(json.stdout) as { unsigned: number | null }).unsigned];
    };
    const [told, unsigned] = await rebuild({ ASSAY_KEYS: join(project.root, 'pipeline.yaml') });
    expect(told).toBe('no key is known, so nothing tells which of them were signed: assay verify --key FILE');
    expect(unsigned).toBeNull();
    expect((await rebuild())[1]).toBe(0);
    rmSync(join(project.root, 'artifacts/log'), { recursive: true });
    expect(await rebuild()).toEqual([
      '3 results that no signed statement backs: assay verify names them; look before the next run signs them',
      3,
    ]);
  });

  it('moves a database that cannot be read aside, and never deletes one', async () => {
    const project = makeProject();
    await project.assay(['run']);
    const path = join(project.root, 'artifacts/lineage.db');
    const garbage = 'this is no database\n'.repeat(1000);
    writeFileSync(path, garbage);
    expect(transcript(await project.assay(['status']))).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[database-unreadable] <project>/artifacts/lineage.db cannot be read as a lineage database: file is not a database
        type: assay doctor --rebuild (moves it aside; results come back from the store, the history of runs does not)
      "
    `);
    expect(transcript(await project.assay(['doctor', '--rebuild']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      lineage.db could not be read and is now artifacts/lineage.db.corrupt-1: results come back, the history of earlier runs does not
      3 results restored from the store, 0 known already
      next: assay status
      --- stderr
      "
    `);
    expect(readFileSync(`${path}.corrupt-1`, 'utf8')).toBe(garbage);
    expect((await project.assay(['run'])).stdout).toContain('3 stages: 3 cached');

    // Damage in the middle, which opening the database alone does not find.
    const whole = readFileSync(path);
    whole.fill(0xff, 4096 * 3, 4096 * 12);
    writeFileSync(path, whole);
    const rebuilt = await project.assay(['doctor', '--rebuild', '--json']);
    expect(JSON.parse(rebuilt.stdout)).toMatchInlineSnapshot(`
      {
        "database": "unreadable",
        "imitations": [],
        "known": 0,
        "movedTo": "artifacts/lineage.db.corrupt-2",
        "refused": [],
        "restored": 3,
        "unsigned": 0,
      }
    `);
    expect(readFileSync(`${path}.corrupt-2`).equals(whole)).toBe(true);
    expect((await project.assay(['run'])).stdout).toContain('3 stages: 3 cached');
  });

  it('restores nothing that a stage forged, whether in a file or by printing it', async () => {
    const project = makeProject();
    await project.assay(['run']);
    const poison = readRecords(project).find(({ stage }) => stage === 'poison') as ResultRecord;
    // That of another count, with the poison of this one.
    const forge = (count: number): Buffer => {
      const action = { ...poison.action, params: { 'attack.count': count } };
      return recordBytes('result/v1', { ...poison, action, key: actionKey(action) });
    };
    project.write('forged', forge(1200).toString('utf8'));
    project.write('encoded', forge(1300).toString('base64'));
    const shell = 'cp {inputs.forged} {outputs.copy}; base64 -d {inputs.encoded}';
    const inputs = '{ forged: ./forged, encoded: ./encoded }';
    const stage = `  forge: { shell: "${shell}", inputs: ${inputs}, outputs: { copy: file } }\n`;
    project.write('pipeline.yaml', CHAIN.replace('show:', `${stage}show:`));
    await project.assay(['run']);
    removeDatabase(project);
    // Its digest differs from run to run: a record holds times.
    const rebuilt = transcript(await project.assay(['doctor', '--rebuild'])).replace(/over \w{12}/, 'over <digest>');
    expect(rebuilt).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      there was no lineage.db: results come back, the history of earlier runs does not
      4 results restored from the store, 0 known already
      passed over <digest>: a file inside an artifact that looks like a result
      next: assay status
      --- stderr
      "
    `);
    const log = await project.assay(['log', 'forge']);
    expect(log.stdout).toContain('result/v1');
    const plan = await project.assay(['plan', 'poison', '--set', 'attack.count=1300']);
    expect(plan.stdout).toMatchInlineSnapshot(`
      "fetch   cached  11 B
      poison  stale   attack.count 600 -> 1300
      2 stages: 1 cached, 1 stale
      "
    `);
  });

  it('is asked for by gc, which would remove all that a new database does not know', async () => {
    const project = makeProject(CHAIN_FILES);
    await project.assay(['run']);
    removeDatabase(project);
    expect(transcript(await project.assay(['gc']))).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[database-lost] lineage.db knows no result, but the store holds some: nothing was removed
        bring them back: assay doctor --rebuild
      "
    `);
    await project.assay(['doctor', '--rebuild']);
    expect((await project.assay(['run'])).stdout).toContain('3 stages: 3 cached');
  });
});
