import { describe, expect, it } from 'vitest';
import { noColors } from '../../lib/report/colors.ts';
import { renderArtifact, renderCandidates, type ArtifactJson } from '../../lib/report/render-artifact.ts';
import { renderChecks } from '../../lib/report/render-checks.ts';
import { renderDiff, type RunJson } from '../../lib/report/render-diff.ts';
import { renderLineage, type LineageNode } from '../../lib/report/render-lineage.ts';
import { renderLog, type ExecutionJson } from '../../lib/report/render-log.ts';
import { digest } from './fixtures.ts';

const AT_MS = new Date(2025, 2, 4, 15, 6, 7).getTime();
const text = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;

describe('renderLineage', () => {
  const node = (
    name: string,
    usedAs: string | null,
    next: readonly LineageNode[] = [],
    isRepeated = false,
  ): LineageNode => ({
    digest: digest(name),
    name,
    madeBy: name.startsWith('.') ? null : { runId: 3, executionId: name.length },
    usedAs,
    isRepeated,
    next,
  });
  const root = node('merge.data', null);

  it('draws both directions as trees and repeats no subtree', () => {
    const up = [
      node('fetch.data', 'clean', [node('./raw', 'raw')]),
      node('poison.data', 'poison', [node('fetch.data', 'data', [], true), node('pretrain.model', 'model')]),
    ];
    const down = [node('retrain.model', null, [node('evaluate.metrics', null)])];
    const lineage = { artifact: root.digest, name: root.name, up, down };
    expect(text(renderLineage(lineage, root, noColors))).toMatchInlineSnapshot(`
      "
      merge.data  a72496374f39  run 3, execution 10

      made from
      ├─ clean: fetch.data  eb1e66cb3ed0  run 3, execution 10
      │  └─ raw: ./raw  52ced3d77ff6
      └─ poison: poison.data  1f9bd4c501b3  run 3, execution 11
         ├─ data: fetch.data  eb1e66cb3ed0  run 3, execution 10  (above)
         └─ model: pretrain.model  03c30612e341  run 3, execution 14

      used for
      └─ retrain.model  76c50c2b8107  run 3, execution 13
         └─ evaluate.metrics  3ddf679c92cd  run 3, execution 16
      "
    `);
  });

  it('says so when there is nothing on one side', () => {
    const lineage = { artifact: root.digest, name: root.name, up: null, down: [] };
    expect(text(renderLineage(lineage, root, noColors))).toMatchInlineSnapshot(`
      "
      merge.data  a72496374f39  run 3, execution 10

      used for
        no other artifact
      "
    `);
  });
});

describe('renderArtifact', () => {
  const base: ArtifactJson = {
    digest: digest('x'),
    form: 'file',
    sizeBytes: 1234,
    fileCount: 1,
    name: 'evaluate.metrics',
    kind: 'metrics',
    isCurrent: true,
    makers: [{ instance: 'evaluate', output: 'metrics', runId: 3, executionId: 9, atMs: AT_MS }],
    files: [{ path: '.', sizeBytes: 1234, blob: digest('blob') }],
    content: {
      form: 'json',
      value: {
        accuracy: 0.973123,
        confusion: [
          [1, 2],
          [3, 4],
        ],
        'per class': { cat: 0.5 },
      },
    },
  };

  it('shows metrics as dotted names', () => {
    expect(text(renderArtifact(base, noColors))).toMatchInlineSnapshot(`
      "
      evaluate.metrics
      artifact  sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
      kind      metrics
      size      1.23 kB in 1 file
      made by   evaluate.metrics  (run 3, execution 9, 2025-03-04 15:06:07)

      accuracy       0.9731
      confusion.0    1 2
      confusion.1    3 4
      per class.cat  0.5
      "
    `);
  });

  it('shows a dataset by its counts, and twenty of many files', () => {
    const files = Array.from({ length: 22 }, (_, i) => ({
      path: `f${i}`,
      sizeBytes: 10 ** (i % 5),
      blob: digest(String(i)),
    }));
    const dataset = {
      name: 'glyphs',
      shape: [28, 28, 1],
      classes: ['zero', 'one'],
      counts: { train: 100, test: 20 },
      perClass: { train: [60, 40], test: [10, 10] },
    };
    const artifact: ArtifactJson = {
      ...base,
      form: 'directory',
      kind: 'dataset',
      name: 'fetch.data',
      isCurrent: false,
      fileCount: 22,
      files,
      content: { form: 'dataset', dataset },
    };
    expect(text(renderArtifact(artifact, noColors))).toMatchInlineSnapshot(`
      "
      fetch.data  of an earlier run: the pipeline has changed since
      artifact  sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
      kind      dataset
      size      1.23 kB in 22 files
      made by   evaluate.metrics  (run 3, execution 9, 2025-03-04 15:06:07)

      5feceb66ffc8    1 B  f0
      6b86b273ff34   10 B  f1
      d4735e3a265e  100 B  f2
      4e07408562be   1 kB  f3
      4b227777d4dd  10 kB  f4
      ef2d127de37b    1 B  f5
      e7f6c011776e   10 B  f6
      7902699be42c  100 B  f7
      2c624232cdd2   1 kB  f8
      19581e27de7c  10 kB  f9
      4a44dc153642    1 B  f10
      4fc82b26aecb   10 B  f11
      6b51d431df5d  100 B  f12
      3fdba35f04dc   1 kB  f13
      8527a891e224  10 kB  f14
      e629fa6598d7    1 B  f15
      b17ef6d19c7a   10 B  f16
      4523540f1504  100 B  f17
      4ec9599fc203   1 kB  f18
      9400f1b21cb5  10 kB  f19
      and 2 files more (--json lists all)

      dataset glyphs, images 28 × 28 × 1
      class  train  test
      zero      60    10
      one       40    10
      all      100    20
      "
    `);
  });

  it('lists the artifacts that a short prefix may mean', () => {
    const candidates = [
      { digest: digest('a'), name: 'fetch.data' },
      { digest: digest('b'), name: '' },
    ];
    expect(text(renderCandidates(candidates))).toMatchInlineSnapshot(`
      "
      ca978112ca1bbdca  fetch.data
      3e23e8160039594a
      "
    `);
  });
});

describe('renderLog', () => {
  it('lists executions, then what one of them wrote', () => {
    const execution: ExecutionJson = {
      id: 12,
      runId: 4,
      instance: 'poison',
      attempt: 1,
      status: 'ok',
      reasons: [{ kind: 'forced' }],
      startedAtMs: AT_MS,
      durationMs: 8_234,
      exitCode: 0,
      signal: null,
      peakMemoryBytes: 123e6,
      key: digest('k'),
      logDigest: digest('l'),
    };
    const killed: ExecutionJson = {
      ...execution,
      id: 9,
      status: 'timed-out',
      exitCode: null,
      signal: 'SIGKILL',
      reasons: [],
    };
    const lost: ExecutionJson = {
      ...killed,
      id: 8,
      status: 'lost',
      signal: null,
      durationMs: null,
      peakMemoryBytes: null,
    };
    const log = { executionId: 12, text: 'step 1\n\nstep 2\n' };
    expect(text(renderLog({ stage: 'poison', executions: [execution, killed, lost], log }, noColors)))
      .toMatchInlineSnapshot(`
      "
      execution  started              stage   status     took   exit     memory  why
             12  2025-03-04 15:06:07  poison  ok         8.2 s  0        123 MB  forced
              9  2025-03-04 15:06:07  poison  timed-out  8.2 s  SIGKILL  123 MB
              8  2025-03-04 15:06:07  poison  lost

      log of execution 12
        step 1

        step 2
      "
    `);
  });
});

describe('renderDiff', () => {
  const run: RunJson = {
    id: 3,
    status: 'ok',
    startedAtMs: AT_MS,
    endedAtMs: AT_MS,
    profile: null,
    overrides: [],
    commit: null,
    isDirty: null,
  };
  const edited: RunJson = {
    ...run,
    id: 4,
    profile: 'mnist',
    overrides: ['seed=2'],
    commit: 'a'.repeat(40),
    isDirty: true,
  };

  it('shows per stage the outcomes, params, artifacts and metrics that differ', () => {
    const stages = [
      {
        instance: 'evaluate',
        outcomes: ['ran', 'cached'] as const,
        changes: [{ kind: 'changed', field: 'params.seed', from: 1, to: 2 } as const],
        artifacts: [{ output: 'metrics', a: digest('a'), b: digest('b') }],
        metrics: [
          { name: 'metrics.accuracy', a: 0.9731, b: 0.9102 },
          { name: 'metrics.extra', a: null, b: 3 },
        ],
      },
      { instance: 'extra', outcomes: [null, 'ran'] as const, changes: [], artifacts: [], metrics: [] },
    ];
    expect(text(renderDiff({ a: run, b: edited, stages }, noColors))).toMatchInlineSnapshot(`
      "
      run 3  2025-03-04 15:06:07  ok
      run 4  2025-03-04 15:06:07  ok  --profile mnist --set seed=2  commit aaaaaaaaaaaa, edited

      evaluate  ran -> cached
        seed 1 -> 2
        output metrics  ca978112ca1b -> 3e23e8160039
        metrics.accuracy  0.9731 -> 0.9102  (-0.0629)
        metrics.extra     absent -> 3
      extra  only in run 4
      "
    `);
  });

  it('says when nothing differs', () => {
    expect(text(renderDiff({ a: run, b: { ...run, id: 4 }, stages: [] }, noColors))).toMatchInlineSnapshot(`
      "
      run 3  2025-03-04 15:06:07  ok
      run 4  2025-03-04 15:06:07  ok
      no stage differs
      "
    `);
  });
});

describe('renderChecks', () => {
  it('puts the fix under what is not well', () => {
    const checks = [
      { name: 'node', status: 'ok', finding: 'Node 20', fix: null },
      { name: 'disk', status: 'warn', finding: '2 GB free', fix: 'assay gc' },
      { name: 'sqlite', status: 'fail', finding: 'does not load', fix: 'npm rebuild better-sqlite3' },
    ] as const;
    expect(text(renderChecks(checks, noColors))).toMatchInlineSnapshot(`
      "
      ok    node    Node 20
      warn  disk    2 GB free
            fix: assay gc
      fail  sqlite  does not load
            fix: npm rebuild better-sqlite3
      "
    `);
  });
});
