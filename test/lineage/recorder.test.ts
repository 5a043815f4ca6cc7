import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { actionKey } from '../../lib/model/action.ts';
import { flattenParams, type Commit } from '../../lib/lineage/recorder.ts';
import { makeRig } from './rig.ts';
import { artifact, commitOf, executionEnd, executionStart, makeAction, named, type Work } from './samples.ts';

const WORK: Work = { reads: { clean: 'clean' }, makes: { data: 'made' }, params: { attack: { count: 600 }, seed: 1 } };

function startWork(work = WORK) {
  const rig = makeRig();
  const action = makeAction(work);
  const executionId = rig.lineage.startExecution(executionStart(action, { runId: rig.runId }));
  return { ...rig, action, key: actionKey(action), executionId };
}

/** Rows in every table that only a commit fills. */
function countCommitted(path: string): Record<string, number> {
  const database = new Database(path, { readonly: true });
  const tables = ['action_result', 'execution_input', 'execution_output', 'artifact', 'param', 'metric', 'expectation'];
  const counts = tables.map((table) => [table, database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()]);
  database.close();
  return Object.fromEntries(counts) as Record<string, number>;
}

const NOTHING = {
  action_result: 0,
  artifact: 0,
  execution_input: 0,
  execution_output: 0,
  expectation: 0,
  metric: 0,
  param: 0,
};

describe('committing a result', () => {
  it('shows the result, its dataflow, params, metrics and expectations at once', () => {
    const { lineage, executionId, key } = startWork();
    expect(lineage.findResult(key)).toBeUndefined();
    lineage.commitResult({
      ...commitOf(executionId, WORK),
      metrics: [{ output: 'data', metrics: [{ name: 'accuracy', value: 0.973 }] }],
      expectations: [
        { output: 'data', holds: true, findings: [{ check: 'added', expected: 600, found: 600, holds: true }] },
      ],
    });
    expect(lineage.findResult(key)).toEqual({ executionId, outputs: { data: named('made') }, record: null });
    expect(lineage.findExecution(executionId)?.status).toBe('ok');
    expect(lineage.inputsOf(executionId)).toEqual([
      { name: 'clean', label: null, artifact: named('clean'), path: null },
    ]);
    expect(lineage.outputsOf(executionId)).toEqual([{ name: 'data', kind: 'dataset', artifact: named('made') }]);
    expect(lineage.paramsOf(executionId)).toEqual([
      { name: 'attack.count', value: 600 },
      { name: 'seed', value: 1 },
    ]);
    expect(lineage.metricsOf(executionId)).toEqual([{ output: 'data', name: 'accuracy', value: 0.973 }]);
    expect(lineage.expectationsOf(executionId)).toEqual([
      { output: 'data', holds: true, findings: [{ check: 'added', expected: 600, found: 600, holds: true }] },
    ]);
    expect(lineage.findArtifact(named('made'))).toEqual(artifact('made'));
  });

  it('leaves nothing when a throw ends it in the middle, and can then be done again', () => {
    const { lineage, path, executionId, key } = startWork();
    const good = commitOf(executionId, WORK);
    const twice = { output: 'data', holds: true, findings: [] };
    const broken: [Commit, RegExp][] = [
      [{ ...good, metrics: [{ output: 'data', metrics: [{ name: 'loss', value: NaN }] }] }, /must be finite: got NaN/],
      // The very last rows written before the result.
      [{ ...good, expectations: [twice, twice] }, /UNIQUE constraint failed: expectation/],
      [
        { ...good, outputs: [{ ...good.outputs[0]!, artifact: { ...artifact('made'), sizeBytes: 0.5 } }] },
        /REAL value/,
      ],
    ];
    for (const [commit, problem] of broken) {
      expect(() => lineage.commitResult(commit)).toThrow(problem);
      expect(countCommitted(path)).toEqual(NOTHING);
      expect(lineage.findExecution(executionId)?.status).toBe('running');
      expect(lineage.findResult(key)).toBeUndefined();
    }
    lineage.commitResult(good);
    expect(lineage.findResult(key)).toEqual({ executionId, outputs: { data: named('made') }, record: null });
  });

  it('refuses what is not the work of the action', () => {
    const { lineage, path, executionId } = startWork();
    const good = commitOf(executionId, WORK);
    expect(() => lineage.commitResult({ ...good, outputs: [] })).toThrow(
      "the outputs are not the action's (data dataset): got none",
    );
    const [input] = good.inputs;
    expect(() => lineage.commitResult({ ...good, inputs: [{ ...input!, artifact: named('poison') }] })).toThrow(
      `the inputs are not the action's (clean ${named('clean')}): got clean ${named('poison')}`,
    );
    expect(() => lineage.commitResult({ ...good, end: executionEnd({ status: 'failed' }) })).toThrow(
      'only status ok is committed: got failed',
    );
    const breach = { output: 'data', holds: false, findings: [] };
    expect(() => lineage.commitResult({ ...good, expectations: [breach] })).toThrow(
      'an expectation of "data" does not hold',
    );
    expect(() => lineage.commitResult({ ...good, executionId: 77 })).toThrow('there is no execution 77 to commit');
    expect(countCommitted(path)).toEqual(NOTHING);
  });

  it.each(['failed', 'timed-out', 'interrupted', 'tainted-by-edit', 'expectation-failed', 'lost'] as const)(
    'an execution that ended as %s leaves no result',
    (status) => {
      const { lineage, path, executionId, key } = startWork();
      lineage.failExecution(executionId, executionEnd({ status, exitCode: 1, logDigest: named('log') }));
      expect(lineage.findResult(key)).toBeUndefined();
      expect(lineage.hasRun(key)).toBe(false);
      expect(countCommitted(path)).toEqual(NOTHING);
      expect(lineage.findExecution(executionId)).toMatchObject({ status, exitCode: 1, outputs: [] });
    },
  );

  it('ends an execution once', () => {
    const { lineage, executionId } = startWork();
    lineage.commitResult(commitOf(executionId, WORK));
    expect(() => lineage.commitResult(commitOf(executionId, WORK))).toThrow(
      `execution ${executionId} is not running: got ok`,
    );
    expect(() => lineage.failExecution(executionId, executionEnd({ status: 'failed' }))).toThrow(
      'is not running: got ok',
    );
    expect(() => lineage.failExecution(executionId, executionEnd())).toThrow(
      'an execution that ended well is committed',
    );
  });

  it('replaces the result of a key that was run again; the history keeps both', () => {
    const { lineage, runId, action, executionId, key } = startWork();
    lineage.commitResult(commitOf(executionId, WORK));
    const again = lineage.startExecution(executionStart(action, { runId }));
    lineage.commitResult(commitOf(again, { ...WORK, makes: { data: 'other' } }));
    expect(lineage.findResult(key)).toEqual({ executionId: again, outputs: { data: named('other') }, record: null });
    expect(lineage.outputsOf(executionId)).toEqual([{ name: 'data', kind: 'dataset', artifact: named('made') }]);
  });

  it('learns the size of an input that was known by its digest only', () => {
    const { lineage, executionId } = startWork();
    const commit = commitOf(executionId, WORK);
    lineage.commitResult(commit);
    expect(lineage.findArtifact(named('clean'))).toBeUndefined();
    const other = makeAction({ ...WORK, params: {} });
    const later = lineage.startExecution(executionStart(other, { runId: 1 }));
    const inputs = [{ name: 'clean', label: null, artifact: artifact('clean'), path: 'data/clean' }];
    lineage.commitResult({ ...commitOf(later, WORK), inputs });
    expect(lineage.findArtifact(named('clean'))).toEqual(artifact('clean'));
    expect(lineage.projectPathOf(named('clean'))).toBe('data/clean');
    expect(lineage.projectPathOf(named('made'))).toBeUndefined();
  });

  it('refuses a key that is not the digest of its action', () => {
    const { lineage, runId, action } = startWork();
    const start = executionStart(action, { runId, key: named('else') });
    expect(() => lineage.startExecution(start)).toThrow('the key is not the digest of the action');
  });
});

describe('the schema alone', () => {
  it('refuses a result without its action, of another key, or of an execution that did not end well', () => {
    const { lineage, path, runId, executionId, key } = startWork();
    lineage.commitResult(commitOf(executionId, WORK));
    const failedAction = makeAction({ makes: { data: 'x' } });
    const failed = lineage.startExecution(executionStart(failedAction, { runId }));
    lineage.failExecution(failed, executionEnd({ status: 'failed' }));
    const database = new Database(path);
    database.pragma('foreign_keys = ON');
    const insert = (of: string, execution: number) =>
      database.prepare('INSERT OR REPLACE INTO action_result VALUES (?, ?, ?, 0)').run(of, execution, 'ok');
    const violation = /FOREIGN KEY constraint failed/;
    expect(() => insert(named('no action'), executionId)).toThrow(violation);
    expect(() => insert(actionKey(failedAction), executionId)).toThrow(violation);
    expect(() => insert(actionKey(failedAction), failed)).toThrow(violation);
    expect(() => insert(key, 77)).toThrow(violation);
    const unmade = `INSERT INTO execution_output VALUES (${executionId}, 'more', 'file', 'sha256:none')`;
    expect(() => database.exec(unmade)).toThrow(violation);
    expect(() => database.exec('DELETE FROM action')).toThrow(violation);
    expect(() => database.exec('DELETE FROM artifact')).toThrow(violation);
    expect(() => database.exec(`UPDATE execution SET status = 'failed' WHERE id = ${executionId}`)).toThrow(violation);
    database.close();
  });
});

describe('the params of a result', () => {
  it('are leaves by dotted path, where a path written in full counts more than the group around it', () => {
    const params = { 'attack.count': 1200, attack: { count: 600, classes: [1, 7], none: {} }, seed: 1 };
    expect(Object.fromEntries(flattenParams(params))).toEqual({
      'attack.count': 1200,
      'attack.classes': [1, 7],
      'attack.none': {},
      seed: 1,
    });
  });
});
