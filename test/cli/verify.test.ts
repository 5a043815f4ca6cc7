/** `assay verify` through the real command line: sound, and after each way to alter what it reads. */
import { chmodSync, lstatSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeProject, transcript, type Project } from './rig.ts';

let project: Project;
beforeEach(async () => {
  project = makeProject();
  expect((await project.assay(['run'])).code).toBe(0);
});

const verify = async (): Promise<string> => transcript(await project.assay(['verify']));

/** Changes one byte of a file, and puts its mode and times back. */
function alterByte(path: string): void {
  const { mode, atime, mtime } = lstatSync(path);
  const bytes = readFileSync(path);
  bytes[0] = (bytes[0] as number) ^ 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  utimesSync(path, atime, mtime);
}

function edit(sql: string): void {
  const database = new Database(join(project.root, 'artifacts/lineage.db'));
  database.pragma('foreign_keys = OFF');
  database.exec(sql);
  database.close();
}

function storedFile(digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(project.root, 'artifacts/objects', hex.slice(0, 2), hex.slice(2));
}

const blobOf = (output: string): string => realpathSync(join(project.root, 'artifacts/view', output));

describe('assay verify', () => {
  it('finds a sound store sound', async () => {
    expect(await verify()).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      3 results: 4 artifacts and 5 other files read, all as recorded
      --- stderr
      "
    `);
    expect(JSON.parse((await project.assay(['verify', '--json'])).stdout)).toEqual({
      results: 3,
      artifacts: 4,
      otherFiles: 5,
      findings: [],
    });
  });

  it('names the output whose file was edited, though its times and mode are as before; a run makes it again', async () => {
    alterByte(blobOf('poison/data'));
    expect(await verify()).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      poison.data: its file altered: found e2899050a02b
        assay run makes it again
      3 results: 4 artifacts and 5 other files read, 1 finding
      --- stderr
      "
    `);
    expect((await project.assay(['run'])).code).toBe(0);
    expect((await project.assay(['verify'])).code).toBe(0);
  });

  it('names the output whose file is gone', async () => {
    rmSync(blobOf('fetch/data'));
    expect(await verify()).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      fetch.data: its file missing
        assay run makes it again
      3 results: 4 artifacts and 5 other files read, 1 finding
      --- stderr
      "
    `);
  });

  it('names the output whose list of files was edited', async () => {
    const rows = new Database(join(project.root, 'artifacts/lineage.db'), { readonly: true });
    const { artifact } = rows.prepare(`SELECT artifact FROM execution_output WHERE execution_id = 1`).get() as {
      artifact: string;
    };
    rows.close();
    alterByte(storedFile(artifact));
    expect((await verify()).replaceAll(/found [0-9a-f]{12}/g, 'found <digest>')).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      fetch.data: list of its files altered: found <digest>
        assay run makes it again
      3 results: 4 artifacts and 5 other files read, 1 finding
      --- stderr
      "
    `);
  });

  it('finds an action that was edited in the database', async () => {
    edit(`UPDATE action SET json = replace(json, '600', '601')`);
    expect((await verify()).replaceAll(/[0-9a-f]{12}/g, '<digest>')).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      poison the action recorded in the database is not the one of its key <digest>
        the database was edited: bring it back from a copy
      3 results: 4 artifacts and 5 other files read, 1 finding
      --- stderr
      "
    `);
  });

  it('finds a log that was edited', async () => {
    const rows = new Database(join(project.root, 'artifacts/lineage.db'), { readonly: true });
    const { log } = rows.prepare('SELECT log_digest AS log FROM execution ORDER BY id').get() as { log: string };
    rows.close();
    alterByte(storedFile(log));
    expect((await verify()).replaceAll(/[0-9a-f]{12}/g, '<digest>')).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      stored file <digest> altered
        no result is lost: it is a log, a record or an input kept for the history
      3 results: 4 artifacts and 5 other files read, 1 finding
      --- stderr
      "
    `);
  });
});
