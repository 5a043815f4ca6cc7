import { expect, it } from 'vitest';
import { TimeLeft } from '../../lib/report/time-left.ts';
import { ACTION, digest, instance, outcome } from './fixtures.ts';
import { pipelineOf } from '../support/pipelines.ts';

const MINUTE = 60_000;

/** Two trainings of one action, two of their own, and a table. */
function started(typical: Readonly<Record<string, number>> = {}): TimeLeft {
  const stages = ['train[n=1]', 'train[n=2]', 'train[n=3]', 'train[n=4]', 'table'];
  const instances = stages.map((id) => ({ ...instance(id), stage: id.replace(/\[.*/, '') }));
  const left = new TimeLeft(() => new Map(Object.entries(typical)));
  left.start({
    pipeline: pipelineOf(instances),
    steps: instances.map((each) => ({
      instance: each,
      verdict: { state: 'stale', action: ACTION, key: digest('k'), reasons: [{ kind: 'never-run' }] },
    })),
  });
  left.began(0);
  return left;
}

const ran = (n: number, durationMs: number) =>
  outcome(`train[n=${n}]`, { stage: 'train', outcome: 'ran', durationMs, executionId: n });

it('says nothing before a minute has passed, and then what this run has shown, once a minute', () => {
  const left = started();
  left.ended(ran(1, 10 * MINUTE));
  expect(left.tell(MINUTE - 1)).toBeUndefined();
  expect(left.tell(10 * MINUTE)).toBe('1 of 5 stages, about 30 min left, besides table, which nothing is known of yet');
  expect(left.tell(10 * MINUTE + 1)).toBeUndefined();
});

it('takes from earlier runs what this run has not shown yet', () => {
  const left = started({ train: 2 * MINUTE, table: 3 * MINUTE });
  left.ended(outcome('train[n=1]', { stage: 'train', outcome: 'cached', executionId: 77, durationMs: 0 }));
  expect(left.tell(MINUTE)).toBe('1 of 5 stages, about 9 min left');
});

it('counts an instance that found the result of another of this run', () => {
  const left = started({ table: 0 });
  left.ended(ran(1, 10 * MINUTE));
  left.ended(outcome('train[n=2]', { stage: 'train', outcome: 'cached', executionId: 1, durationMs: 0 }));
  // One execution of 10 minutes served two of four: the other two are taken to cost as much.
  expect(left.tell(10 * MINUTE)).toBe('2 of 5 stages, about 10 min left');
});

it('divides by the stages that ran side by side', () => {
  const left = started({ table: 0 });
  left.ended(ran(1, 10 * MINUTE));
  left.ended(ran(2, 10 * MINUTE));
  expect(left.tell(10 * MINUTE)).toBe('2 of 5 stages, about 10 min left');
});

it('is silent at the end, and about less than a minute', () => {
  const left = started({ train: 1000, table: 1000 });
  expect(left.tell(2 * MINUTE)).toBeUndefined();
});
