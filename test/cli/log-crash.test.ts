/** What a crash leaves of the log is taken up; what looks alike and is none is not, for the next checkpoint would make it good. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { originOf, parseCheckpoint, signCheckpoint } from '../../lib/audit/checkpoint.ts';
import { KeyStore } from '../../lib/audit/keys.ts';
import { GrowingTree, hashEntry } from '../../lib/audit/merkle-log.ts';
import { movedTo } from '../red-team/signature-scene.ts';
import { makeProject, transcript, type Ended, type Project } from './rig.ts';

const ENTRIES = 'artifacts/log/entries.jsonl';
const CHECKPOINT = 'artifacts/log/checkpoint';
const SOUND = /^(\d) entries( \(\d recorded later\))?, against the database: sound\n$/;

async function run(project: Project, count: number, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const ended = await project.assay(['run', '--set', `attack.count=${count}`], { env });
  expect(ended.code).toBe(0);
  return ended;
}

/** Three entries: fetch, poison, evaluate. Every further run adds two. */
async function makeLogged(): Promise<Project> {
  const project = makeProject();
  await run(project, 600);
  return project;
}

function read(project: Project, name: string): string {
  return readFileSync(join(project.root, name), 'utf8');
}

function linesOf(project: Project): string[] {
  return read(project, ENTRIES).trimEnd().split('\n');
}

/** Over the first entries, by the key in the folder. */
function signOver(project: Project, size: number, keyFolder = project.keys): void {
  const { origin } = parseCheckpoint(read(project, CHECKPOINT))!;
  const tree = new GrowingTree();
  for (const line of linesOf(project).slice(0, size)) tree.add(hashEntry(line));
  const key = KeyStore.open({ ASSAY_KEYS: keyFolder }).signingKey('ed25519');
  project.write(CHECKPOINT, signCheckpoint({ origin, size, root: tree.root() }, key));
}

/** The last entry, and all that the database has of it. */
function cutLast(project: Project): void {
  project.write(
    ENTRIES,
    linesOf(project)
      .slice(0, -1)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const database = new Database(join(project.root, 'artifacts/lineage.db'));
  database.pragma('foreign_keys = OFF');
  for (const table of ['execution_input', 'execution_output', 'param', 'metric', 'action_result']) {
    database.exec(`DELETE FROM ${table} WHERE execution_id = 3`);
  }
  database.exec('DELETE FROM execution WHERE id = 3');
  database.close();
}

async function logVerify(project: Project, ...args: string[]): Promise<Ended> {
  return project.assay(['log', 'verify', ...args]);
}

describe('a crash', () => {
  it('between the first checkpoint and the first entry leaves a log of none', async () => {
    const project = makeProject();
    mkdirSync(join(project.root, 'artifacts/log'), { recursive: true });
    // Opening it to append fails, and so ends the addition there.
    symlinkSync('nowhere/entries.jsonl', join(project.root, ENTRIES));
    expect((await run(project, 600)).stderr).toContain('this run is not signed or logged');
    const [origin, size] = read(project, CHECKPOINT).split('\n');
    expect(size).toBe('0');
    // Its first entry would be another: fetch, recorded later.
    expect((await run(project, 601)).stderr).toContain('this run is not signed or logged');
    expect(read(project, CHECKPOINT).split('\n')[0]).not.toBe(origin);
    rmSync(join(project.root, ENTRIES));
    const { findings } = JSON.parse((await logVerify(project, '--json')).stdout) as { findings: { problem: string }[] };
    expect(new Set(findings.map(({ problem }) => problem))).toEqual(new Set(['not-logged']));
    expect((await run(project, 602)).stderr).not.toContain('not signed or logged');
    expect((await logVerify(project)).stdout).toMatch(SOUND);
  });

  it.each([0, 1, 2])(
    'between entries and their checkpoint leaves one of %i of them, which the next run takes up',
    async (size) => {
      const project = await makeLogged();
      signOver(project, size);
      expect((await logVerify(project)).stdout).toMatch(SOUND);
      expect((await run(project, 601)).stderr).not.toContain('not signed or logged');
      expect((await logVerify(project)).stdout).toBe('5 entries, against the database: sound\n');
    },
  );

  it("among a colleague's entries leaves a checkpoint by the same hand", async () => {
    const project = await makeLogged();
    const colleague = { ASSAY_KEYS: join(project.root, 'colleague') };
    await run(project, 601, colleague);
    signOver(project, 4, colleague.ASSAY_KEYS);
    expect((await run(project, 602)).stderr).not.toContain('not signed or logged');
    await project.assay(['keys', 'public', '--out', 'colleague.pem'], { env: colleague });
    expect((await logVerify(project, '--key', 'colleague.pem')).stdout).toBe(
      '7 entries, against the database: sound\n',
    );
  });
});

describe('a run beside a log that nothing vouches for', () => {
  it('adds nothing to one that was cut, and whose checkpoint is gone', async () => {
    const project = await makeLogged();
    cutLast(project);
    rmSync(join(project.root, CHECKPOINT));
    const before = read(project, ENTRIES);
    const { stderr } = await run(project, 601);
    expect(stderr.split('\n').filter((line) => line.startsWith('warning'))).toMatchInlineSnapshot(`
      [
        "warning: this run is not signed or logged: the log in <project>/artifacts/log is not as it was: it has no checkpoint; assay log verify says what; bring the folder back from a backup; where you know why, assay log checkpoint signs the log as it is",
      ]
    `);
    expect(read(project, ENTRIES)).toBe(before);
    expect(transcript(await logVerify(project))).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      execution 4 (poison) not-logged: it was put into the database, or its run ended before it was logged
      execution 5 (evaluate) not-logged: it was put into the database, or its run ended before it was logged
      log checkpoint-missing: the log has no checkpoint
        next: the next run that executes a stage logs it, marked as recorded later; first find out where it came from
        next: no crash leaves this: bring artifacts/log back from a backup; assay log checkpoint signs the log as it is, and a published one tells whether entries are gone
      2 entries, against the database: 3 findings
      --- stderr
      "
    `);
  });

  it.each([
    ['a stranger signed it', 'its checkpoint is not signed by a known key'],
    ['it is none', 'its checkpoint is none'],
    ["it is of the owner's other log", 'its checkpoint is of another log'],
  ])('adds nothing to one whose checkpoint is not believed: %s', async (how, why) => {
    const project = await makeLogged();
    cutLast(project);
    if (how === 'it is none') project.write(CHECKPOINT, 'sound\n');
    else if (how === 'a stranger signed it') signOver(project, 2, join(project.root, 'stranger'));
    else {
      const key = KeyStore.open({ ASSAY_KEYS: project.keys }).signingKey('ed25519');
      const origin = originOf(hashEntry('elsewhere'));
      project.write(CHECKPOINT, signCheckpoint({ origin, size: 0, root: new GrowingTree().root() }, key));
    }
    expect((await run(project, 601)).stderr).toContain(why);
    expect(linesOf(project)).toHaveLength(2);
    expect((await logVerify(project)).code).toBe(3);
  });

  it("leaves a stranger's entry as a finding, where one vouches for a stranger's checkpoint", async () => {
    const project = await makeLogged();
    cutLast(project);
    const stranger = join(project.root, 'stranger');
    const line = movedTo(2, linesOf(project)[1]!, KeyStore.open({ ASSAY_KEYS: stranger }).signingKey('ed25519'));
    project.write(ENTRIES, `${read(project, ENTRIES)}${line}\n`);
    signOver(project, 3, stranger);
    await run(project, 601);
    const { code, stdout } = await logVerify(project);
    expect([code, stdout]).toEqual([3, expect.stringContaining('unsigned: it is not signed by a known key')]);
  });
});

describe('assay log checkpoint', () => {
  it('signs a log that nothing vouches for as it is, and says so', async () => {
    const project = await makeLogged();
    rmSync(join(project.root, CHECKPOINT));
    const { code, stdout, stderr } = await project.assay(['log', 'checkpoint']);
    expect([code, stdout, stderr]).toEqual([0, read(project, CHECKPOINT), expect.any(String)]);
    expect(stderr).toMatchInlineSnapshot(`
      "warning: the log is signed as it is, though it has no checkpoint: only a published one tells whether entries are gone
      "
    `);
    expect((await project.assay(['log', 'checkpoint'])).stderr).toBe('');
    expect((await run(project, 601)).stderr).not.toContain('not signed or logged');
    expect((await logVerify(project)).stdout).toBe('5 entries, against the database: sound\n');
  });

  it("does not so with one that the owner's checkpoint contradicts", async () => {
    const project = await makeLogged();
    cutLast(project);
    expect(transcript(await project.assay(['log', 'checkpoint']))).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[log-altered] the log in <project>/artifacts/log is not as it was: it has 2 entries, and its checkpoint is of 3
        assay log verify says what; bring the folder back from a backup, or move it away to begin a new log
      "
    `);
  });
});

describe('a colleague with a key of their own', () => {
  it('goes on with the log, and so does the owner', async () => {
    const project = await makeLogged();
    const colleague = { ASSAY_KEYS: join(project.root, 'colleague') };
    expect((await run(project, 601, colleague)).stderr).not.toContain('not signed or logged');
    expect((await run(project, 602)).stderr).not.toContain('not signed or logged');
    expect((await run(project, 603, colleague)).stderr).not.toContain('not signed or logged');
    await project.assay(['keys', 'public', '--out', 'colleague.pem'], { env: colleague });
    expect((await logVerify(project, '--key', 'colleague.pem')).stdout).toBe(
      '9 entries, against the database: sound\n',
    );
  });
});
