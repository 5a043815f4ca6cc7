import { describe, expect, it } from 'vitest';
import type { StageOutcome } from '../../lib/model/run.ts';
import { actionKey } from '../../lib/model/action.ts';
import { makeRig } from './rig.ts';
import { commitOf, executionEnd, executionStart, makeAction, named, outcomeOf, runStart } from './samples.ts';

describe('runs', () => {
  it('are read back as they were started and ended, newest first', () => {
    const { lineage, runId } = makeRig();
    const start = runStart({
      startedAtMs: 1_700_000_001_000,
      argv: ['run', 'evaluate', '--set', 'seed=2'],
      profile: 'mnist',
      overrides: ['seed=2'],
      git: { commit: 'c0ffee', isDirty: true },
    });
    const second = lineage.startRun(start);
    lineage.endRun(second, 'failed', 1_700_000_002_000);
    expect(lineage.findRun(second)).toEqual({ ...start, id: second, status: 'failed', endedAtMs: 1_700_000_002_000 });
    expect(lineage.listRuns(10).map(({ id, status }) => ({ id, status }))).toEqual([
      { id: second, status: 'failed' },
      { id: runId, status: 'running' },
    ]);
    expect(lineage.listRuns(1).map(({ id }) => id)).toEqual([second]);
    expect(lineage.findRun(77)).toBeUndefined();
  });

  it('keep one outcome an instance, in the order in which they came', () => {
    const { lineage, runId } = makeRig();
    const failed = outcomeOf('train', {
      outcome: 'failed',
      key: named('never started'),
      reasons: [{ kind: 'changed', field: 'params.seed', from: 1, to: 2 }],
      durationMs: 8.25,
    });
    const skipped = outcomeOf('evaluate[seed=2]', { outcome: 'skipped' });
    const cached = outcomeOf('fetch', { outcome: 'cached', outputs: { data: named('clean') } });
    lineage.recordOutcomes(runId, [outcomeOf('train', { outcome: 'interrupted' }), skipped]);
    lineage.recordOutcomes(runId, [cached]);
    lineage.recordOutcomes(runId, [failed]);
    expect(lineage.outcomesOf(runId)).toEqual([failed, skipped, cached]);
  });
});

describe('executions', () => {
  it('are listed newest first, by instance or by stage', () => {
    const { lineage, runId } = makeRig();
    const ids = ['poison[count=1]', 'poison[count=2]', 'poison[count=1]', 'fetch'].map((instance, i) =>
      lineage.startExecution(
        executionStart(makeAction({ makes: { data: 'x' } }), { runId, instance, startedAtMs: 1_700_000_000_000 + i }),
      ),
    );
    const listed = (name: string, limit: number) => lineage.executionsOf(name, limit).map(({ id }) => id);
    expect(listed('poison', 10)).toEqual([ids[2], ids[1], ids[0]]);
    expect(listed('poison', 2)).toEqual([ids[2], ids[1]]);
    expect(listed('poison[count=1]', 10)).toEqual([ids[2], ids[0]]);
    expect(listed('fetch', 10)).toEqual([ids[3]]);
    expect(listed('nothing', 10)).toEqual([]);
    expect(lineage.executionsOfRun(runId).map(({ id }) => id)).toEqual(ids);
  });

  it('are read back whole', () => {
    const { lineage, runId } = makeRig();
    const action = makeAction({ makes: { data: 'made' } });
    const start = executionStart(action, { runId, instance: 'poison[count=1]', attempt: 2 });
    const id = lineage.startExecution(start);
    const unended = { endedAtMs: null, exitCode: null, signal: null, peakMemoryBytes: null, logDigest: null };
    expect(lineage.findExecution(id)).toEqual({ ...start, ...unended, id, status: 'running', outputs: [] });
    const end = executionEnd({ status: 'timed-out', exitCode: null, signal: 'SIGKILL', peakMemoryBytes: 9e9 });
    lineage.failExecution(id, { ...end, logDigest: named('log') });
    expect(lineage.findExecution(id)).toEqual({ ...start, ...end, logDigest: named('log'), id, outputs: [] });
  });
});

describe('the latest action of an instance', () => {
  function makeHistory(outcomes: readonly StageOutcome['outcome'][]) {
    const rig = makeRig();
    const actions = outcomes.map((outcome, seed) => {
      const work = { makes: { data: `made ${seed}` }, params: { seed } };
      const action = makeAction(work);
      const runId = rig.lineage.startRun(runStart());
      const executionId = rig.lineage.startExecution(executionStart(action, { runId, instance: 'train' }));
      if (outcome === 'ran') rig.lineage.commitResult(commitOf(executionId, work));
      rig.lineage.recordOutcomes(runId, [outcomeOf('train', { outcome, key: actionKey(action), executionId })]);
      return { key: actionKey(action), action, executionId };
    });
    return { ...rig, actions };
  }

  it('is that of the latest run in which it ran well', () => {
    const { lineage, actions } = makeHistory(['ran', 'ran', 'failed', 'interrupted', 'skipped']);
    expect(lineage.findLatestAction('train')).toEqual(actions[1]);
    expect(lineage.findLatestAction('fetch')).toBeUndefined();
  });

  it('follows a run in which an earlier result was used again', () => {
    const { lineage, actions } = makeHistory(['ran', 'ran']);
    const runId = lineage.startRun(runStart());
    const [first] = actions;
    lineage.recordOutcomes(runId, [outcomeOf('train', { outcome: 'cached', key: first!.key })]);
    expect(lineage.findLatestAction('train')).toEqual(first);
  });
});

describe('what is remembered', () => {
  it('is the last that was said of a program, and of a checked expectation', () => {
    const { lineage } = makeRig();
    lineage.rememberClosure('stages/a.ts', '{"a":1}');
    lineage.rememberClosure('stages/a.ts', '{"a":2}');
    expect(lineage.recallClosure('stages/a.ts')).toBe('{"a":2}');
    expect(lineage.recallClosure('stages/b.ts')).toBeUndefined();
    const record = {
      output: 'data',
      holds: false,
      findings: [{ check: 'added' as const, expected: 600, found: 599, holds: false }],
    };
    lineage.saveExpectation(named('check'), { record, seal: 'of me' });
    expect(lineage.findExpectation(named('check'))).toEqual({ record, seal: 'of me' });
    expect(lineage.findExpectation(named('other'))).toBeUndefined();
  });
});
