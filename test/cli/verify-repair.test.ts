/** `assay verify` that repairs, that passes over what it knows, on a store it may not write; and that its exit code can be believed. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STORE_ATTEMPTS } from '../red-team/store-attempts.ts';
import { expectCaught, StoreScene } from '../red-team/store-scene.ts';
import { builtAssay } from '../support/built-assay.ts';
import { fileAppears } from '../support/wait-for-file.ts';

const flip = (bytes: Buffer): void => void (bytes[0]! ^= 1);

describe('assay verify --repair', () => {
  it('quarantines an altered file, runs its stage, verifies again and ends with 0', async () => {
    const scene = await StoreScene.make();
    const file = scene.storedFile('merge.data', 'train-images.idx');
    const before = readFileSync(file);
    scene.edit(file, flip);
    const { code, stdout } = await scene.assay(['verify', '--repair']);
    expect(stdout).toContain('repair: moved out of the way: merge.data: train-images.idx');
    expect(stdout).toContain('repair: ran merge');
    expect(stdout).toMatch(/again: read \d+ blobs .*: sound\nlog: 7 entries, against the database: sound\n$/);
    expect(code).toBe(0);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(scene.path('artifacts/quarantine/blobs'))).toHaveLength(1);
  });

  it('makes a result of other params again, as its run was asked to', async () => {
    const scene = await StoreScene.make();
    expect((await scene.assay(['run', '--set', 'scale=2'])).code).toBe(0);
    const artifact = scene.one(`SELECT artifact FROM execution_output JOIN execution ON id = execution_id
                                WHERE instance = 'evaluate' ORDER BY id DESC LIMIT 1`);
    expect((await scene.assay(['run'])).code).toBe(0);
    rmSync(scene.blobFile(artifact));
    const { code, stdout } = await scene.assay(['verify', '--repair']);
    expect(stdout).toContain('repair: ran evaluate');
    expect(code).toBe(0);
  });

  it('puts rows back as the result record has them, keeps the database as it was, and runs the stage anew', async () => {
    const scene = await StoreScene.make();
    scene.execute(`UPDATE action SET json = replace(json, '"seed":1', '"seed":9')`);
    scene.execute(`UPDATE metric SET value = 0.99`);
    scene.execute(`DELETE FROM execution_input WHERE name = 'poison'`);
    scene.execute(`INSERT INTO artifact VALUES ('sha256:${'0'.repeat(64)}', 'file', 1, 1)`);
    const { code, stdout } = await scene.assay(['verify', '--repair', '--json']);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ isSound: true, findings: [] });
    expect(report.repaired.findings.length).toBeGreaterThanOrEqual(4);
    expect(code).toBe(0);
    expect(scene.one<number>(`SELECT count(*) FROM execution_input WHERE name = 'poison'`)).toBeGreaterThan(0);
    const kept = readdirSync(scene.path('artifacts/quarantine')).filter((name) => name.endsWith('.db'));
    expect(kept).toHaveLength(1);
  });

  it('rebuilds a damaged database from the records', async () => {
    const scene = await StoreScene.make();
    scene.edit(scene.path('artifacts/lineage.db'), (bytes) => void bytes.fill(0xff, 4096, 8192));
    const { code, stdout } = await scene.assay(['verify', '--repair']);
    expect(stdout).toContain('repair: brought 6 results back from the store into a new lineage.db');
    expect(code).toBe(0);
  });

  it('ends with 3 and says what stays when it cannot mend all', async () => {
    const scene = await StoreScene.make();
    scene.edit(scene.storedFile('merge.data', 'train-images.idx'), flip);
    // A stage that cannot run any more: its program is gone.
    rmSync(scene.path('stages/merge.ts'));
    const { code, stdout } = await scene.assay(['verify', '--repair']);
    expect(stdout).toMatch(/again: .* 1 finding\nlog: /);
    expect(code).toBe(3);
  });
});

/** Of 2^30 of them. */
const GIBIBYTE_OF_ZEROS = 'sha256:49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14';

describe('assay verify --since-last and --resume', () => {
  /** Every stamp is old enough to be believed, as after a minute. */
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

  it('passes over what was read and has not moved; a plain verify reads all and writes nothing', async () => {
    const scene = await StoreScene.make();
    await wait();
    expect((await scene.assay(['verify'])).code).toBe(0);
    expect(existsSync(scene.path('artifacts/verify-state.json'))).toBe(false);
    const read = async (...args: string[]): Promise<{ skippedBytes: number; sizeBytes: number; findings: unknown[] }> =>
      JSON.parse((await scene.assay(['verify', '--json', ...args])).stdout);
    const first = await read('--since-last');
    expect(first.skippedBytes).toBe(0);
    expect((await read('--since-last')).skippedBytes).toBeGreaterThan(0.9 * first.sizeBytes);
    // Finished, so there is nothing to go on with.
    expect((await read('--resume')).skippedBytes).toBe(0);
    scene.edit(scene.storedFile('merge.data', 'train-images.idx'), flip);
    expect((await read('--since-last')).findings).toHaveLength(1);
    // What was found is found again: only sound files are passed over.
    expect((await read('--since-last')).findings).toHaveLength(1);
    expect((await read()).skippedBytes).toBe(0);
  });

  it('goes on where a verify stopped that was killed', async () => {
    const scene = await StoreScene.make();
    // All zeros, so that they take no room: one that makes verify save what it did, and one that it cannot read in a minute.
    const [saved, endless] = [scene.blobFile(GIBIBYTE_OF_ZEROS), scene.blobFile(`sha256:${'f'.repeat(64)}`)];
    for (const [file, sizeBytes] of [[saved, 2 ** 30] as const, [endless, 2 ** 40] as const]) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
      truncateSync(file, sizeBytes);
    }
    await wait();
    const child = scene.project.start(['verify', '--resume']);
    const ended = scene.project.ended(child);
    await fileAppears(scene.path('artifacts/verify-state.json'));
    child.kill('SIGKILL');
    expect((await ended).code).toBeNull();
    rmSync(endless);
    const { skippedBytes, sizeBytes, isSound } = JSON.parse(
      (await scene.assay(['verify', '--resume', '--json'])).stdout,
    );
    expect(isSound).toBe(true);
    expect(skippedBytes).toBeGreaterThanOrEqual(2 ** 30);
    expect(skippedBytes).toBeLessThan(sizeBytes);
    const { state } = JSON.parse(readFileSync(scene.path('artifacts/verify-state.json'), 'utf8'));
    expect(state.isFinished).toBe(true);
  });

  it('believe nothing that is sealed by nobody, and remember nothing without a key', async () => {
    const scene = await StoreScene.make();
    await wait();
    const path = scene.path('artifacts/verify-state.json');
    const skipped = async (env?: NodeJS.ProcessEnv): Promise<number> =>
      JSON.parse((await scene.assay(['verify', '--since-last', '--json'], { ...(env && { env }) })).stdout)
        .skippedBytes;
    await skipped();
    expect(await skipped()).toBeGreaterThan(0);
    const { state } = JSON.parse(readFileSync(path, 'utf8'));
    for (const forged of [state, { state }, { seal: '', state }, { seal: null, state }]) {
      writeFileSync(path, JSON.stringify(forged));
      expect(await skipped()).toBe(0);
    }
    rmSync(path);
    // A file where the folder of keys should be.
    await skipped({ ASSAY_KEYS: scene.path('pipeline.yaml') });
    expect(existsSync(path)).toBe(false);
  });
});

describe('the exit code of assay verify', () => {
  it('is what the red team looks at: a verifier that ends with 0 whatever it found is noticed', async () => {
    const scene = await StoreScene.make();
    const [row] = STORE_ATTEMPTS;
    await row!.attempt(scene);
    const broken = breakVerifier();
    try {
      const child = spawn(process.execPath, [broken, ...row!.command], { cwd: scene.project.root });
      const report = await scene.project.ended(child);
      expect(report.stdout).toContain(row!.finding);
      expect(report.code).toBe(0);
      expect(() => expectCaught(row!, report)).toThrow(/expected \+?0 to be 3/);
    } finally {
      rmSync(dirname(broken), { recursive: true });
    }
    expectCaught(row!, await scene.assay(row!.command));
  });

  it.runIf(process.getuid?.() === 0)('comes from a store that it may not write', async () => {
    const scene = await StoreScene.make();
    const everyone = (folder: string): void => {
      chmodSync(folder, 0o755);
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) everyone(join(folder, entry.name));
      }
    };
    everyone(scene.project.root);
    // SQLite's companions cannot be made there: they are, as after any run, already.
    const asNobody = { uid: 65534, gid: 65534 };
    const before = stateOf(scene);
    expect(await scene.assayAs(asNobody, ['verify'])).toMatchObject({ code: 0, stderr: '' });
    scene.edit(scene.storedFile('merge.data', 'train-images.idx'), flip);
    expect((await scene.assayAs(asNobody, ['verify'])).code).toBe(3);
    scene.edit(scene.storedFile('merge.data', 'train-images.idx'), flip);
    expect(stateOf(scene)).toEqual(before);
  });
});

/** The command line with one number changed: what an error in the exit code would be. */
function breakVerifier(): string {
  const built = dirname(builtAssay());
  // The dot keeps it out of the way of those who tidy builds up.
  const broken = join(dirname(built), `.broken-${process.pid}`);
  cpSync(built, broken, { recursive: true });
  const chunks = readdirSync(broken, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const changed = chunks.filter((name) => {
    const text = readFileSync(join(broken, name), 'utf8');
    writeFileSync(join(broken, name), text.replace(/findings: 3\b/, 'findings: 0'));
    return /findings: 3\b/.test(text);
  });
  expect(changed).toHaveLength(1);
  return join(broken, 'assay.js');
}

function stateOf(scene: StoreScene): string[] {
  const root = scene.path('artifacts');
  return readdirSync(root, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !/lineage\.db-(wal|shm)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => `${file} ${readFileSync(file).toString('base64').slice(0, 4096)}`);
}
