/** `assay verify` through the real command line: sound, and after each way to alter what it reads. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../lib/base/digest.ts';
import { CHAIN_FILES, makeProject, transcript, type Project } from './rig.ts';

/** Enough small files for a pack. */
const PACKED = `version: 1
stages:
  scatter:
    shell: 'mkdir -p {outputs.parts}; for i in $(seq 100 399); do echo part $i > {outputs.parts}/$i.txt; done'
    outputs: { parts: directory }
`;

async function makeRunProject(files: Readonly<Record<string, string>> = CHAIN_FILES): Promise<Project> {
  const project = makeProject(files);
  expect((await project.assay(['run'])).code).toBe(0);
  return project;
}

/** Records hold times and logs the versions of programs: what depends on them becomes a word. */
async function verify(project: Project): Promise<string> {
  return transcript(await project.assay(['verify']))
    .replaceAll(/\(\d+(\.\d+)? k?B\)/g, '(<size>)')
    .replaceAll(/artifacts\/objects\/[0-9a-f]{2}\/[0-9a-f]{62}/g, '<file>')
    .replaceAll(/\b[0-9a-f]{12}\b/g, '<digest>');
}

/** Flips a bit of one byte, and puts mode and times back. */
function alterByte(path: string, offset = 0): void {
  const { mode, atime, mtime } = lstatSync(path);
  const bytes = readFileSync(path);
  bytes[offset] = bytes[offset]! ^ 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  utimesSync(path, atime, mtime);
}

function withDatabase<T>(project: Project, use: (database: Database.Database) => T): T {
  const database = new Database(join(project.root, 'artifacts/lineage.db'));
  database.pragma('foreign_keys = OFF');
  try {
    return use(database);
  } finally {
    database.close();
  }
}

function findDigest(project: Project, sql: string): string {
  return withDatabase(project, (database) => database.prepare(sql).pluck().get() as string);
}

function storedFile(project: Project, digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(project.root, 'artifacts/objects', hex.slice(0, 2), hex.slice(2));
}

function shownFile(project: Project, output: string): string {
  return realpathSync(join(project.root, 'artifacts/view', output));
}

function onlyPack(project: Project): string {
  const folder = join(project.root, 'artifacts/packs');
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  return join(folder, names[0]!);
}

/** Every file under artifacts/ but SQLite's companions, with its content, mode and time. */
function stateOf({ root }: Project): string[] {
  return readdirSync(join(root, 'artifacts'), { recursive: true, encoding: 'utf8' })
    .filter((name) => !/lineage\.db-(wal|shm)$/.test(name))
    .sort()
    .map((name) => {
      const path = join(root, 'artifacts', name);
      const { mode, mtimeMs } = lstatSync(path);
      const content = lstatSync(path).isFile() ? digestBytes(readFileSync(path)) : '';
      return `${name} ${mode} ${mtimeMs} ${content}`;
    });
}

describe('assay verify', () => {
  it('finds a sound store sound', async () => {
    const project = await makeRunProject();
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      read 13 blobs (<size>), 4 artifacts, 3 actions: sound
      log: 3 entries, against the database: sound
      --- stderr
      "
    `);
    const { sizeBytes, log, ...json } = JSON.parse((await project.assay(['verify', '--json'])).stdout);
    expect(sizeBytes).toBeGreaterThan(0);
    expect(log).toMatchObject({ state: 'checked', isSound: true, entries: 3, findings: [] });
    expect(json).toMatchInlineSnapshot(`
      {
        "actions": 3,
        "artifacts": 4,
        "blobs": 13,
        "datasets": 0,
        "findings": [],
        "isSound": true,
        "skippedBytes": 0,
      }
    `);
  });

  it('holds the database against the log of what was signed', async () => {
    const project = await makeRunProject();
    // Neither a blob nor a result record speaks of it.
    withDatabase(project, (database) => database.exec('UPDATE execution SET attempt = 7 WHERE id = 2'));
    const { code, stdout } = await project.assay(['verify']);
    expect(stdout).toContain('execution 2 (poison) altered: attempt is 7, signed was 1');
    expect(stdout).toMatch(/actions: sound\n/);
    expect(code).toBe(3);
    const json = await project.assay(['verify', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ isSound: false, findings: [], log: { isSound: false } });
    expect(json.code).toBe(3);
  });

  it('says that the log was not checked where no key is known', async () => {
    const project = await makeRunProject();
    const { code, stdout } = await project.assay(['verify'], { env: { ASSAY_KEYS: join(project.root, 'none') } });
    expect(stdout).toContain('log: not checked, for no key is known by which to judge its signatures');
    expect(code).toBe(0);
  });

  it('names every row that nobody signed where the log was deleted whole', async () => {
    const project = await makeRunProject();
    rmSync(join(project.root, 'artifacts/log'), { recursive: true });
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      read 13 blobs (<size>), 4 artifacts, 3 actions: sound
      execution 1 (fetch) not-logged: there is no log that could tell whether it was altered
      execution 2 (poison) not-logged: there is no log that could tell whether it was altered
      execution 3 (evaluate) not-logged: there is no log that could tell whether it was altered
        next: bring artifacts/log back from a backup; if there never was one, assay log checkpoint begins it with the rows as they are
      log: 0 entries, against the database: 3 findings
      --- stderr
      "
    `);
    const { log, isSound, findings } = JSON.parse((await project.assay(['verify', '--json'])).stdout);
    expect([isSound, findings, log.state, log.findings.length]).toEqual([false, [], 'no-log', 3]);
  });

  it('tells no log, no key and neither apart, and calls only what can be judged a finding', async () => {
    const project = await makeRunProject();
    const judge = async (keys: string): Promise<unknown[]> => {
      const env = { ASSAY_KEYS: resolve(project.root, keys) };
      const { code, stdout } = await project.assay(['verify', '--json'], { env });
      const { isSound, log } = JSON.parse(stdout) as { isSound: boolean; log: { state: string } };
      return [code, isSound, log.state];
    };
    expect(await judge(project.keys)).toEqual([0, true, 'checked']);
    expect(await judge('none')).toEqual([0, true, 'no-key']);
    rmSync(join(project.root, 'artifacts/log'), { recursive: true });
    expect(await judge('none')).toEqual([0, true, 'unsigned']);
    const { stdout } = await project.assay(['verify'], { env: { ASSAY_KEYS: join(project.root, 'none') } });
    expect(stdout).toMatch(/\nlog: not checked, for there is none, and no key: nothing tells whether .*\n$/);
    rmSync(join(project.root, 'artifacts/lineage.db'));
    expect(await judge('none')).toEqual([3, false, 'no-log']);
  });

  it('says that a key cannot be read before it reads the store', async () => {
    const project = await makeRunProject();
    expect(transcript(await project.assay(['verify', '--key', 'ada.pem']))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[key-unreadable] <project>/ada.pem cannot be read
        check the path of --key
      "
    `);
  });

  it('has nothing to read where nothing was run, and makes no store there', async () => {
    const project = makeProject();
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      read 0 blobs (<size>), 0 artifacts, 0 actions: sound
      --- stderr
      "
    `);
    expect(readdirSync(project.root)).not.toContain('artifacts');
  });

  it('names the output whose byte was edited, though mode and times are as before, and changes nothing', async () => {
    const project = await makeRunProject();
    alterByte(shownFile(project, 'poison/data'));
    const before = stateOf(project);
    const first = await verify(project);
    expect(first).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      poison.data altered: found <digest>
        next: assay run makes it again
      read 13 blobs (<size>), 4 artifacts, 3 actions: 1 finding
      log: 3 entries, against the database: sound
      --- stderr
      "
    `);
    expect(await verify(project)).toBe(first);
    expect(stateOf(project)).toEqual(before);
    const { findings } = JSON.parse((await project.assay(['verify', '--json'])).stdout);
    expect(findings).toMatchInlineSnapshot(`
      [
        {
          "detail": null,
          "digest": "sha256:ecf0086b472cc54d35fab0f0c8ab478cba09f712cdc533d11f3245bbc44c8735",
          "executions": [
            2,
          ],
          "file": "artifacts/objects/ec/f0086b472cc54d35fab0f0c8ab478cba09f712cdc533d11f3245bbc44c8735",
          "found": "sha256:e2899050a02b90a5dc4726092c288e1b20a1997683c767a1cb8d9748ddb1a90b",
          "mend": "rerun",
          "next": "assay run makes it again",
          "problem": "altered",
          "subjects": [
            "poison.data",
          ],
        },
      ]
    `);
    await project.assay(['run']);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('names the output whose blob is gone', async () => {
    const project = await makeRunProject();
    rmSync(shownFile(project, 'fetch/data'));
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      fetch.data missing
        next: assay run makes it again
      read 12 blobs (<size>), 4 artifacts, 3 actions: 1 finding
      log: 3 entries, against the database: sound
      --- stderr
      "
    `);
    await project.assay(['run']);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('names the output whose manifest was edited', async () => {
    const project = await makeRunProject();
    alterByte(storedFile(project, findDigest(project, `SELECT artifact FROM execution_output WHERE name = 'table'`)));
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      evaluate.table: manifest altered: found <digest>
        next: assay run makes it again
      read 13 blobs (<size>), 4 artifacts, 3 actions: 1 finding
      log: 3 entries, against the database: sound
      --- stderr
      "
    `);
    await project.assay(['run']);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('names the stage whose action was edited in the database', async () => {
    const project = await makeRunProject();
    withDatabase(project, (database) => database.exec(`UPDATE action SET json = replace(json, '600', '601')`));
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      action of poison altered: found <digest>, its key is <digest>
        next: assay verify --repair puts it back from the result record
      read 13 blobs (<size>), 4 artifacts, 3 actions: 1 finding
      poison altered: its action does not hash to its key
        next: trust the signed values; the results themselves are checked by assay verify
      log: 3 entries, against the database: 1 finding
      --- stderr
      "
    `);
    mkdirSync(join(project.root, 'away'));
    for (const name of readdirSync(join(project.root, 'artifacts')).filter((name) => name.startsWith('lineage.db'))) {
      renameSync(join(project.root, 'artifacts', name), join(project.root, 'away', name));
    }
    expect((await project.assay(['doctor', '--rebuild'])).code).toBe(0);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('names each small file that was altered inside a pack, and not its neighbours', async () => {
    const project = await makeRunProject({ 'pipeline.yaml': PACKED });
    const pack = onlyPack(project);
    const bytes = readFileSync(pack);
    alterByte(pack, bytes.indexOf('part 123\n'));
    alterByte(pack, bytes.indexOf('part 321\n'));
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      scatter.parts: 123.txt altered: found <digest>
      scatter.parts: 321.txt altered: found <digest>
        next: assay run makes it again
      read 302 blobs (<size>), 1 artifact, 1 action: 2 findings
      log: 1 entry, against the database: sound
      --- stderr
      "
    `);
    await project.assay(['run']);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('cuts the list where the index of a pack is altered, and all that was in it is lost', async () => {
    const project = await makeRunProject({ 'pipeline.yaml': PACKED });
    const pack = onlyPack(project);
    alterByte(pack, readFileSync(pack).length - 1);
    expect((await verify(project)).replace(/(: \d+\.txt missing\n.*)+: \d+\.txt/s, '<lines>')).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      scatter.parts<lines> missing
      and 280 more; --json lists all
        next: assay run makes it again
      pack <digest> altered: found <digest>, its index cannot be read, so nothing in it is found
        next: assay run makes again what it needs of it
      read 2 blobs (<size>), 1 artifact, 1 action: 301 findings
      log: 1 entry, against the database: sound
      --- stderr
      "
    `);
    await project.assay(['run']);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('says how to show a run what the disk altered by itself, which no time of a file tells', async () => {
    const project = await makeRunProject();
    const path = shownFile(project, 'poison/data');
    alterByte(path);
    const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    const digest = findDigest(
      project,
      `SELECT artifact FROM execution_output WHERE name = 'data' AND execution_id = 2`,
    );
    const manifest = readFileSync(storedFile(project, digest), 'utf8');
    const blob = /sha256:[0-9a-f]{64}/.exec(manifest)![0];
    withDatabase(project, (database) =>
      database
        .prepare('INSERT OR REPLACE INTO stat_cache VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(path, Number(dev), Number(ino), size, mtimeNs, ctimeNs, blob, ctimeNs / 1_000_000n + 60_000n),
    );
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      poison.data altered: found <digest>
        next: touch <file>, for a run would not look into it; then assay run makes it again
      read 13 blobs (<size>), 4 artifacts, 3 actions: 1 finding
      log: 3 entries, against the database: sound
      --- stderr
      "
    `);
    expect((await project.assay(['run'])).stdout).toContain('3 cached');
    utimesSync(path, 1, 1);
    await project.assay(['run']);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('tells logs, result records and what nothing needs from outputs', async () => {
    const project = await makeRunProject();
    const of = (column: string): string =>
      storedFile(project, findDigest(project, `SELECT ${column} FROM execution WHERE stage = 'fetch'`));
    alterByte(of('log_digest'));
    rmSync(of('record_digest'));
    const stray = storedFile(project, digestBytes('stray'));
    mkdirSync(join(stray, '..'), { recursive: true });
    writeFileSync(stray, 'strayed');
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      result record of fetch missing
        next: assay run --force fetch stores it again
      log of fetch, execution 1 altered: found <digest>
        next: nothing to do: no result needs a log
      blob <digest> altered: found <digest>
        next: assay gc removes it: no result needs it
      read 13 blobs (<size>), 4 artifacts, 3 actions: 3 findings
      log: 3 entries, against the database: sound
      --- stderr
      "
    `);
    await project.assay(['run', '--force', 'fetch']);
    await project.assay(['gc']);
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      read 13 blobs (<size>), 4 artifacts, 3 actions: sound
      log: 4 entries, against the database: sound
      --- stderr
      "
    `);
  });

  it('reads the store also without its database, or with one that is damaged', async () => {
    const project = await makeRunProject();
    const database = join(project.root, 'artifacts/lineage.db');
    withDatabase(project, (open) => open.pragma('wal_checkpoint(TRUNCATE)'));
    const whole = readFileSync(database);
    alterByte(shownFile(project, 'poison/data'));
    writeFileSync(database, Buffer.from(whole).fill(0xff, 4096 * 3, 4096 * 12));
    expect((await verify(project)).replace(/lineage database: .*/, 'lineage database: <fault>')).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      lineage.db damaged: <project>/artifacts/lineage.db cannot be read as a lineage database: <fault>
        next: assay doctor --rebuild
      blob <digest> altered: found <digest>
        next: assay doctor --rebuild, then assay verify
      read 13 blobs (<size>), 0 artifacts, 0 actions: 2 findings
      --- stderr
      "
    `);
    for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true });
    expect(await verify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      lineage.db missing: nothing names what <project>/artifacts holds
        next: assay doctor --rebuild
      blob <digest> altered: found <digest>
        next: assay doctor --rebuild, then assay verify
      read 13 blobs (<size>), 0 artifacts, 0 actions: 2 findings
      --- stderr
      "
    `);
  });
});
