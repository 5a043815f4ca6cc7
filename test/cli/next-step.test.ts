/** What the user is told when something is wrong, and whether the next step that is named leads on. */
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeProject, type Ended, type Project } from './rig.ts';

/** The object that holds `text` gets another byte. */
function alter(project: Project, text: string): void {
  const objects = join(project.root, 'artifacts/objects');
  for (const name of readdirSync(objects, { recursive: true, encoding: 'utf8' })) {
    const path = join(objects, name);
    if (!/^..\/.{62}$/.test(name) || !readFileSync(path, 'utf8').startsWith(text)) continue;
    chmodSync(path, 0o644);
    writeFileSync(path, `X${text.slice(1)}`);
    return;
  }
  throw new Error(`no object begins with ${text}`);
}

const problemOf = ({ code, stdout, stderr }: Ended): string =>
  `exit ${code}${stdout === '' ? '' : `, ${stdout}`}: ${stderr.split('\n')[0]}`.replaceAll(/[0-9a-f]{12}/g, '<hex>');

describe('an altered artifact', () => {
  it.each([['show'], ['export']])('is told of as altered by %s, and as what the pipeline makes', async (command) => {
    const project = makeProject();
    await project.assay(['run']);
    alter(project, '{"seed":1}');
    const ended = await project.assay([command, 'fetch.data', ...(command === 'export' ? ['./copy'] : [])]);
    expect(problemOf(ended)).toBe(
      'exit 1: error[blob-altered] blob <hex> (".") was altered: it now hashes to <hex>. It was moved to artifacts/quarantine/blobs',
    );
    expect(ended.stderr).not.toContain('earlier run');
  });
});

describe('the next step', () => {
  it('after the failure of an instance that shares its action is the log of what ran', async () => {
    const project = makeProject({
      'pipeline.yaml': `version: 1
params: { pick: a, table: { a: 1, b: 1 }, choice: '\${table.\${pick}}' }
stages:
  twin: { shell: "echo said; exit 7", matrix: { pick: [a, b] }, params: [choice], outputs: { out: file } }
`,
    });
    const { stdout, stderr } = await project.assay(['run', '--keep-going']);
    const hints = [...(stdout + stderr).matchAll(/assay log '(twin\[pick=.\])'/g)].map(([, name]) => name);
    expect(new Set(hints).size).toBeGreaterThan(0);
    for (const name of ['twin[pick=a]', 'twin[pick=b]']) {
      const { code, stdout: log } = await project.assay(['log', name]);
      expect([code, log.includes('said')]).toEqual([0, true]);
    }
  });

  it('keeps the profile and the params that were typed', async () => {
    const project = makeProject();
    const { stderr } = await project.assay(['show', 'poison', '--set', 'attack.count=7', '--set', 'seed=2']);
    expect(stderr).toContain("assay run 'poison.data' --set attack.count=7 --set seed=2");
  });

  it('after the database was lost, and made anew empty by another command, is to rebuild it', async () => {
    const project = makeProject();
    await project.assay(['run']);
    for (const end of ['', '-wal', '-shm']) rmSync(join(project.root, `artifacts/lineage.db${end}`), { force: true });
    await project.assay(['status']);
    const { code, stdout } = await project.assay(['doctor']);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/fail +database +lineage\.db knows no result, and the store holds the records of 3 results/);
    expect(stdout).toContain('assay doctor --rebuild');
    await project.assay(['doctor', '--rebuild']);
    expect((await project.assay(['plan'])).stdout).toContain('3 stages: 3 cached');
  });

  it('after a key of the wrong kind was named is to ask for the right one', async () => {
    const project = makeProject();
    await project.assay(['run']);
    await project.assay(['freeze', 'fetch.data', '--out', 'fetch.sig']);
    await project.assay(['keys', 'public', '--out', 'log.pem']);
    expect((await project.assay(['verify', 'fetch.data', '--key', 'log.pem'])).stderr).toMatchInlineSnapshot(`
      "error[key-unreadable] log.pem holds an Ed25519 key, and a model is signed by one of type p256
        ask who signed for: assay keys public --type p256
      "
    `);
  });
});
