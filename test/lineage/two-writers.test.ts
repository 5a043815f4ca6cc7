import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { makeAction } from './samples.ts';
import { actionKey } from '../../lib/model/action.ts';
import { ended, makeRig, nextMessage, startChild } from './rig.ts';

const RESULTS = 150;

const WRITER = `
  import { Lineage } from '../../lib/lineage/lineage.ts';
  import { systemClock } from '../../lib/base/clock.ts';
  import { actionKey } from '../../lib/model/action.ts';
  import { commitOf, executionStart, makeAction, named, outcomeOf, runStart } from './samples.ts';
  const [path, who] = process.argv.slice(2);
  const lineage = Lineage.open(path, { clock: systemClock });
  process.once('message', () => {
    const runId = lineage.startRun(runStart());
    for (let i = 0; i < ${RESULTS}; i++) {
      const work = { reads: { in: 'shared' }, makes: { out: 'made ' + (i % 7) }, params: { who, i } };
      const action = makeAction(work);
      const key = actionKey(action);
      lineage.acquireLease(key, process.pid, who);
      const executionId = lineage.startExecution(executionStart(action, { runId, instance: who }));
      lineage.commitResult(commitOf(executionId, work));
      lineage.releaseLease(key, process.pid);
      lineage.statCache.remember('/' + who + i, { dev: 1, ino: i, sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n }, named('x'), 1e12);
      lineage.statCache.flush();
    }
    lineage.endRun(runId, 'ok', 1_700_000_009_000);
    lineage.close();
    process.send('done');
    process.disconnect();
  });
  process.send('ready');`;

it('two processes that write at once lose nothing and break nothing', async () => {
  const { lineage, path } = makeRig();
  const children = ['ada', 'bob'].map((who) => startChild(WRITER, [path, who]));
  await Promise.all(children.map(nextMessage));
  const done = Promise.all(children.map(nextMessage));
  for (const child of children) child.send('go');
  expect(await done).toEqual(['done', 'done']);

  for (const who of ['ada', 'bob']) {
    for (let i = 0; i < RESULTS; i++) {
      const key = actionKey(makeAction({ reads: { in: 'shared' }, makes: { out: '' }, params: { who, i } }));
      expect(Object.keys(lineage.findResult(key)?.outputs ?? {})).toEqual(['out']);
    }
    expect(lineage.executionsOf(who, 1_000)).toHaveLength(RESULTS);
  }
  const database = new Database(path, { readonly: true });
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.pragma('foreign_key_check')).toEqual([]);
  expect(database.prepare('SELECT count(*) FROM lease').pluck().get()).toBe(0);
  expect(database.prepare('SELECT count(*) FROM stat_cache').pluck().get()).toBe(2 * RESULTS);
  database.close();
});

const ENDLESS_WRITER = `
  import { Lineage } from '../../lib/lineage/lineage.ts';
  import { systemClock } from '../../lib/base/clock.ts';
  import { commitOf, executionStart, makeAction, runStart } from './samples.ts';
  const lineage = Lineage.open(process.argv[2], { clock: systemClock });
  const runId = lineage.startRun(runStart());
  for (let i = 0; ; i++) {
    const work = { reads: { in: 'in ' + i }, makes: { out: 'out ' + i }, params: { i } };
    lineage.commitResult(commitOf(lineage.startExecution(executionStart(makeAction(work), { runId })), work));
    if (i === 20) process.send('busy');
  }`;

it('a process killed while it commits leaves whole results and at most one lost execution', async () => {
  const { lineage, path } = makeRig();
  const child = startChild(ENDLESS_WRITER, [path]);
  await nextMessage(child);
  child.kill('SIGKILL');
  await ended(child);
  expect(lineage.markLost().length).toBeLessThanOrEqual(1);
  const database = new Database(path, { readonly: true });
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.pragma('foreign_key_check')).toEqual([]);
  const count = (from: string) => database.prepare(`SELECT count(*) FROM ${from}`).pluck().get() as number;
  const results = count('action_result');
  expect(results).toBeGreaterThan(20);
  for (const rows of [`execution WHERE status = 'ok'`, 'execution_input', 'execution_output', 'param']) {
    expect(count(rows)).toBe(results);
  }
  database.close();
});
