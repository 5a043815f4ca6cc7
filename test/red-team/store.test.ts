/** Every attempt of store-attempts.ts through the real command line: caught, named, told by the exit code, and never served. */
import { beforeAll, describe, expect, it } from 'vitest';
import { STORE_ATTEMPTS } from './store-attempts.ts';
import { expectCaught, StoreScene, truth } from './store-scene.ts';

/** Another seed: the training must run, and read what the merge made. Its result is the same. */
const ANEW = ['--set', 'seed=2'];

let expected: Record<string, string>;

beforeAll(async () => {
  expected = await truth();
});

describe('an attempt to cheat at the level of the store', () => {
  it.each(STORE_ATTEMPTS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const scene = await StoreScene.make();
    expectCaught(row, (await row.attempt(scene)) ?? (await scene.assay(row.command)));
    if (row.changesPipeline) return;

    // Whether the run goes through or refuses: what was altered is never read by a stage, and never exported.
    const run = await scene.assay(['run', 'train', ...ANEW]);
    const served = { ...(await scene.exported('merge.data')), ...(await scene.exported('train.model', ANEW)) };
    expect(Object.entries(served).filter(([file, digest]) => expected[file] !== digest)).toEqual([]);
    if (run.code === 0) expect(Object.keys(served)).toHaveLength(6);
  });

  it('is not seen where nothing was tried', async () => {
    const scene = await StoreScene.make();
    expect((await scene.assay(['verify'])).code).toBe(0);
    expect((await scene.assay(['run', 'train', ...ANEW])).code).toBe(0);
    const served = { ...(await scene.exported('merge.data')), ...(await scene.exported('train.model', ANEW)) };
    expect(served).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([file]) => /^(merge.data|train.model) /.test(file))),
    );
  });

  it('has a name of its own', () => {
    expect(new Set(STORE_ATTEMPTS.map(({ name }) => name)).size).toBe(STORE_ATTEMPTS.length);
  });
});
