import { describe, expect, it } from 'vitest';
import type { Plan } from '../../lib/model/plan.ts';
import { noColors } from '../../lib/report/colors.ts';
import { planJson, renderPlan } from '../../lib/report/render-plan.ts';
import { renderStatus } from '../../lib/report/render-status.ts';
import { renderWhy } from '../../lib/report/render-why.ts';
import { ACTION, digest, instance } from './fixtures.ts';
import { pipelineOf } from '../support/pipelines.ts';

const INSTANCES = [instance('fetch'), instance('poison', ['fetch.data']), instance('merge', ['poison.data'])] as const;
const PLAN: Plan = {
  pipeline: pipelineOf(INSTANCES),
  steps: [
    {
      instance: INSTANCES[0],
      verdict: { state: 'cached', action: ACTION, key: digest('a'), outputs: { data: digest('fetch.data') } },
    },
    {
      instance: INSTANCES[1],
      verdict: {
        state: 'stale',
        action: ACTION,
        key: digest('b'),
        reasons: [
          { kind: 'changed', field: 'params.attack.count', from: 600, to: 1200 },
          { kind: 'changed', field: 'code.stages/poison.ts', from: digest('old'), to: digest('new') },
          { kind: 'changed', field: 'params.attack.note', from: undefined, to: 'slow' },
          { kind: 'forced' },
        ],
      },
    },
    { instance: INSTANCES[2], verdict: { state: 'undecided', waitingOn: ['poison'] } },
  ],
};
const sizeOf = (): number => 12_400_000;
const text = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;
const LAST_RAN = { runId: 3, executionId: 9, durationMs: 8_234, reasons: [{ kind: 'never-run' } as const] };
const AT_MS = new Date(2025, 2, 4, 15, 6, 7).getTime();

describe('renderPlan', () => {
  it('says of each stage what is known, and never that an undecided one will run', () => {
    expect(text(renderPlan(PLAN, sizeOf, noColors))).toMatchInlineSnapshot(`
      "
      fetch   cached     12.4 MB
      poison  stale      attack.count 600 -> 1200 (+3 more)
      merge   undecided  waits on poison
      3 stages: 1 cached, 1 stale, 1 undecided
      "
    `);
  });

  it('names three of many that a stage waits on', () => {
    const waitingOn = ['a', 'b', 'c', 'd', 'e'];
    const steps = [{ instance: INSTANCES[2], verdict: { state: 'undecided', waitingOn } as const }];
    expect(text(renderPlan({ ...PLAN, steps }, sizeOf, noColors))).toMatchInlineSnapshot(`
      "
      merge  undecided  waits on a, b, c and 2 more
      1 stage: 1 undecided
      "
    `);
  });

  it('has a JSON shape without the pipeline in it', () => {
    const { stages, counts, profile } = planJson(PLAN);
    expect({ profile, counts, merge: stages[2] }).toMatchInlineSnapshot(`
      {
        "counts": {
          "cached": 1,
          "stale": 1,
          "undecided": 1,
        },
        "merge": {
          "instance": "merge",
          "key": null,
          "outputs": {},
          "reasons": [],
          "stage": "merge",
          "verdict": "undecided",
          "waitingOn": [
            "poison",
          ],
        },
        "profile": null,
      }
    `);
  });
});

describe('renderWhy', () => {
  it('says every reason in the words of plan and run, in full', () => {
    const [, poison] = PLAN.steps;
    expect(text(renderWhy(poison!, { ...LAST_RAN, atMs: AT_MS }, noColors))).toMatchInlineSnapshot(`
      "
      poison is stale
        attack.count 600 -> 1200
        code stages/poison.ts edited
        attack.note added: slow
        forced
      last ran 2025-03-04 15:06:07 (run 3, execution 9), took 8.2 s, because
        never run
      "
    `);
  });

  it('says what a cached and an undecided stage are, and that one never ran', () => {
    expect(text([PLAN.steps[0]!, PLAN.steps[2]!].flatMap((step) => renderWhy(step, null, noColors))))
      .toMatchInlineSnapshot(`
      "
      fetch is cached: nothing that may change its outputs has changed
      it has not run in this store
      merge is undecided: it reads what poison has yet to make
      it has not run in this store
      "
    `);
  });
});

describe('renderStatus', () => {
  it('puts verdict, last execution, last run and store size together', () => {
    const last = new Map([['fetch', { executionId: 9, runId: 3, status: 'ok', startedAtMs: AT_MS }]]);
    const run = { id: 3, status: 'failed', startedAtMs: AT_MS } as const;
    const store = { sizeBytes: 24_800_000, fileCount: 17 };
    expect(text(renderStatus(PLAN, last, run, store, sizeOf, noColors))).toMatchInlineSnapshot(`
      "
      fetch   cached     12.4 MB                             last ran 2025-03-04 15:06:07
      poison  stale      attack.count 600 -> 1200 (+3 more)
      merge   undecided  waits on poison
      3 stages: 1 cached, 1 stale, 1 undecided
      last run: 3, failed, 2025-03-04 15:06:07
      store: 24.8 MB in 17 files
      "
    `);
  });
});
