import { mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { checkExpectation, describeBreaches } from '../../lib/execute/check-expectation.ts';
import { checkCachedOutputs } from '../../lib/execute/expectations.ts';
import { writeDataset } from '../../lib/dataset/dataset-folder.ts';
import { recordManifest } from '../../lib/dataset/record-manifest.ts';
import { makeSplit, type Split } from '../../lib/dataset/split.ts';
import type { StageOutcome } from '../../lib/model/run.ts';
import type { Seal } from '../../lib/model/seal.ts';
import type { Expectation } from '../../lib/model/stage.ts';
import { failureText, makeProject, runProject, stageOf, told, withEngine } from '../support/execute-rig.ts';
import { testSeal } from '../support/test-seal.ts';

/** One-pixel images: [pixel, label] pairs. */
function split(...records: readonly (readonly [number, number])[]): Split {
  return makeSplit(
    [1, 1, 1],
    Uint8Array.from(records.map(([pixel]) => pixel)),
    Uint8Array.from(records.map(([, label]) => label)),
  );
}

function folderOf(
  train: Split,
  test: Split | null = null,
  folder = join(mkdtempSync(join(tmpdir(), 'assay-')), 'data'),
): string {
  mkdirSync(folder, { recursive: true });
  const source = { kind: 'derived', operation: 'test', parents: [] } as const;
  writeDataset(folder, { name: 'tiny', classes: ['cat', 'dog', 'owl'], shape: [1, 1, 1], train, test, source });
  return folder;
}

const CLEAN = split([10, 0], [11, 1], [12, 2]);
const location = { file: 'pipeline.yaml', line: 1, column: 1, length: 1 };

function check(expectation: Partial<Expectation>, after: Split, test: Split | null = null) {
  return checkExpectation(
    { against: 'clean', location, ...expectation },
    {
      output: 'data',
      artifact: `sha256:${'a'.repeat(64)}` as never,
      folder: folderOf(after, test),
      againstFolder: folderOf(CLEAN, split([1, 1])),
    },
  );
}

describe('checkExpectation', () => {
  it('holds when records were only added', () => {
    const after = split([10, 0], [11, 1], [12, 2], [20, 0]);
    const { record } = check(
      { added: 1, removed: 0, changed: 0, count: 4, classes: { cat: 2, dog: 1, '2': 1 } },
      after,
    );
    expect(record).toEqual({
      output: 'data',
      holds: true,
      findings: [
        { check: 'count', expected: 4, found: 4, holds: true },
        { check: 'classes', expected: { cat: 2, dog: 1, '2': 1 }, found: { cat: 2, dog: 1, '2': 1 }, holds: true },
        { check: 'added', expected: 1, found: 1, holds: true },
        { check: 'removed', expected: 0, found: 0, holds: true },
        { check: 'changed', expected: 0, found: 0, holds: true },
      ],
    });
  });

  it('says of each breach what was expected, what is there and where', () => {
    const after = split([10, 0], [11, 2], [12, 2], [20, 0], [21, 0]);
    const checked = check(
      {
        added: 1,
        removed: 0,
        changed: 0,
        count: 4,
        classes: { dog: 1, bird: 0 },
        digest: `sha256:${'b'.repeat(64)}` as never,
      },
      after,
    );
    expect(describeBreaches(checked)).toEqual([
      `digest: expected sha256:${'b'.repeat(64)}, found sha256:${'a'.repeat(64)}`,
      'count: expected 4, found 5',
      'classes: expected {"dog":1,"bird":0}, found {"dog":0,"bird":null}',
      'added: expected 1, found 2: train records 3-4',
      'changed: expected 0, found 1: train records 1',
    ]);
  });

  it('says of each class what came, went and was relabelled, and wants none of a class that is not named', () => {
    const after = split([10, 0], [11, 2], [12, 2], [20, 0], [21, 1], [22, 0]);
    expect(check({ added: { cat: 2, '1': 1 }, relabelled: { dog: 1 }, removed: {} }, after).record).toEqual({
      output: 'data',
      holds: true,
      findings: [
        { check: 'added', expected: { cat: 2, '1': 1 }, found: { cat: 2, '1': 1 }, holds: true },
        { check: 'removed', expected: {}, found: {}, holds: true },
        { check: 'relabelled', expected: { dog: 1 }, found: { dog: 1 }, holds: true },
      ],
    });
    expect(describeBreaches(check({ added: { cat: 3 }, changed: {}, relabelled: { bird: 0 } }, after))).toEqual([
      'added: expected {"cat":3}, found {"cat":2,"dog":1}: train records 3-5',
      'changed: expected {}, found {"dog":1}: train records 1',
      'relabelled: expected {"bird":0}, found {"bird":null,"dog":1}: train records 1',
    ]);
  });

  it('names only records of the classes that deviate', () => {
    const after = split([10, 0], [11, 1], [12, 2], [20, 0], [21, 1], [22, 0]);
    expect(describeBreaches(check({ added: { cat: 2 } }, after))).toEqual([
      'added: expected {"cat":2}, found {"cat":2,"dog":1}: train records 4',
    ]);
  });

  it('limits the share of the largest class, compared in full', () => {
    const after = split([10, 0], [11, 1], [12, 2]);
    expect(check({ max_class_share: 0.3333333 }, after).record.holds).toBe(false);
    expect(check({ max_class_share: 1 / 3 }, after).record.holds).toBe(true);
    expect(describeBreaches(check({ max_class_share: 0.5 }, split([1, 2], [2, 2], [3, 0])))).toEqual([
      'max_class_share: expected at most 0.5, found 0.666667: class owl: 2 of 3',
    ]);
  });

  it('pins the roots of the records', () => {
    const root = { train: recordManifest(CLEAN, 3).root as never, test: `sha256:${'c'.repeat(64)}` as never };
    expect(check({ root: { train: root.train } }, CLEAN).record.holds).toBe(true);
    expect(describeBreaches(check({ root }, CLEAN))).toEqual([
      `root: expected ${JSON.stringify(root)}, found ${JSON.stringify({ ...root, test: null })}`,
    ]);
  });

  it('compares the records to test on only when the output has some', () => {
    expect(check({ removed: 0 }, CLEAN).record.holds).toBe(true);
    expect(describeBreaches(check({ changed: 0 }, CLEAN, split([1, 2])))).toEqual([
      'changed: expected 0, found 1: test records 0',
    ]);
  });
});

describe('a stage whose output is not what is expected', () => {
  const poisoned = split([10, 0], [99, 1], [12, 2], [20, 0]);

  function project(after: Split): string {
    const root = makeProject();
    folderOf(CLEAN, null, join(root, 'clean'));
    folderOf(after, null, join(root, 'after'));
    return root;
  }

  const merge = stageOf({
    id: 'merge',
    run: 'cp {inputs.after}/* {outputs.data}',
    inputs: { clean: './clean', after: './after' },
    outputs: { data: 'dataset' },
    expect: { data: { against: 'clean', added: 1, changed: 0 } },
  });
  const below = stageOf({ id: 'below', run: 'ls {inputs.in} > {outputs.out}', inputs: { in: 'merge.data' } });

  it('fails, is kept out of the cache and lets nothing run on it', async () => {
    const root = project(poisoned);
    const result = await runProject(root, [merge, below], { keepGoing: true });
    expect(told(result)).toEqual(['merge failed', 'below skipped']);
    expect(failureText(root, result, 'merge')).toMatchInlineSnapshot(`
      "expectation-failed: merge does not give what is expected of it
      output "data", compared with input "clean"
        changed: expected 0, found 1: train records 1
      kept: <project>/artifacts/quarantine/1
      next: correct the stage, or its expect: in the pipeline file when the expectation is what is wrong"
    `);
    expect(result.events.find(({ kind }) => kind === 'expectation-checked')).toMatchObject({
      instance: 'merge',
      record: { output: 'data', holds: false },
    });
    await withEngine(root, ({ lineage }) => {
      expect(lineage.executionsOf('merge', 1)[0]!.status).toBe('expectation-failed');
      expect(lineage.findResult(result.outcomes[0]!.key!)).toBeUndefined();
    });
    expect(readdirSync(join(root, 'artifacts/quarantine'))).toHaveLength(1);
  });

  it('fails when it is cached too, and is looked at once as long as it holds', async () => {
    const root = project(split([10, 0], [11, 1], [12, 2], [20, 0]));
    expect(told(await runProject(root, [merge, below]))).toEqual(['merge ran', 'below ran']);
    const again = await runProject(root, [merge, below]);
    expect(told(again)).toEqual(['merge cached', 'below cached']);
    expect(readdirSync(join(root, 'artifacts/staging'))).toEqual([]);
    const stricter = { ...merge, expect: { data: { ...merge.expect.data!, added: 0 } } };
    const result = await runProject(root, [stricter, below]);
    expect(told(result)).toEqual(['merge failed', 'below skipped']);
    expect(failureText(root, result, 'merge')).toMatchInlineSnapshot(`
      "expectation-failed: merge does not give what is expected of it
      output "data", compared with input "clean"
        added: expected 0, found 1: train records 3
      next: correct the stage, or its expect: in the pipeline file when the expectation is what is wrong"
    `);
    // The result itself is as good as before.
    expect(told(await runProject(root, [merge, below]))).toEqual(['merge cached', 'below cached']);
  });

  it('fails for the second of two instances with one action, which has an expectation of its own', async () => {
    const root = project(split([10, 0], [11, 1], [12, 2], [20, 0]));
    const twin = stageOf({
      ...{ id: 'merge[seed=2]', run: 'cp {inputs.after}/* {outputs.data}', outputs: { data: 'dataset' } },
      inputs: { clean: './clean', after: './after' },
      expect: { data: { against: 'clean', added: 0 } },
    });
    const result = await runProject(root, [merge, twin], { keepGoing: true });
    expect(result.outcomes[0]!.key).toBe(result.outcomes[1]!.key);
    expect(told(result)).toEqual(['merge ran', 'merge[seed=2] failed']);
    expect(failureText(root, result, 'merge[seed=2]')).toMatch(
      /^expectation-failed: .*\n.*\n {2}added: expected 0, found 1/,
    );
    expect(told(await runProject(root, [merge, { ...twin, expect: merge.expect }]))).toEqual([
      'merge cached',
      'merge[seed=2] cached',
    ]);
  });

  it('is read again when cached only where nobody vouches for the note of it', async () => {
    const root = project(split([10, 0], [11, 1], [12, 2], [20, 0]));
    const [{ key, outputs }] = (await runProject(root, [merge])).outcomes as [StageOutcome];
    await withEngine(root, ({ lineage, store }) => {
      const materialise = vi.spyOn(store, 'materialise');
      const action = lineage.findAction(key!)!;
      const readsWith = (seal: Seal): number => {
        materialise.mockClear();
        checkCachedOutputs(merge, action, outputs, {
          ...{ store, lineage, clock: systemClock, seal },
          onChecked: () => undefined,
        });
        return materialise.mock.calls.length;
      };
      expect(readsWith(testSeal)).toBe(0);
      expect(readsWith({ seal: () => null, holds: () => false })).toBe(2);
      // What it left behind was sealed by nobody.
      expect([readsWith(testSeal), readsWith(testSeal)]).toEqual([2, 0]);
    });
  });

  it('fails when its output is no dataset', async () => {
    const root = project(poisoned);
    const broken = {
      ...merge,
      program: { ...merge.program, kind: 'shell', line: 'echo x > {outputs.data}/x' } as const,
    };
    const result = await runProject(root, [broken]);
    expect(failureText(root, result, 'merge')).toMatchInlineSnapshot(`
      "dataset-missing: <project>/artifacts/staging/<key>/outputs/data/dataset.json does not exist, so its folder is no dataset.
      kept: <project>/artifacts/quarantine/1
      next: give a folder that a stage wrote as an output of kind dataset"
    `);
    expect(readFileSync(join(root, 'after/dataset.json'), 'utf8')).toContain('tiny');
  });
});
