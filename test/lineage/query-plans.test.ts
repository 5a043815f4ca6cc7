import Database from 'better-sqlite3';
import { expect, it, vi } from 'vitest';
import { digestHex } from '../../lib/base/digest.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import { FakeClock, makeRig } from './rig.ts';
import { named, outcomeOf } from './samples.ts';

it('no question about one key, instance, run or artifact reads a whole table', () => {
  const rig = makeRig();
  const { executionId, key } = rig.make('poison', { reads: { data: 'clean' }, makes: { data: 'poison' } });
  rig.lineage.recordOutcomes(rig.runId, [outcomeOf('poison', { key, executionId })]);

  const prepare = vi.spyOn(Database.prototype, 'prepare');
  const lineage = Lineage.open(rig.path, { clock: new FakeClock() });
  lineage.findResult(key);
  lineage.findAction(key);
  lineage.hasRun(key);
  lineage.findLatestAction('poison');
  lineage.listRuns(10);
  lineage.findRun(1);
  lineage.outcomesOf(1);
  lineage.executionsOf('poison', 5);
  lineage.executionsOfRun(1);
  lineage.findExecution(executionId);
  lineage.markLost();
  lineage.findExpectation(key);
  lineage.recallClosure('stages/poison.ts');
  lineage.acquireLease(key, process.pid, 'poison');
  lineage.renewLeases(process.pid);
  lineage.releaseLease(key, process.pid);
  const poison = named('poison');
  lineage.producersOf(poison);
  lineage.makersOf(poison);
  lineage.consumersOf(poison);
  lineage.ancestorsOf(poison);
  lineage.descendantsOf(named('clean'));
  lineage.inputsOf(executionId);
  lineage.outputsOf(executionId);
  lineage.metricsOf(executionId);
  lineage.paramsOf(executionId);
  lineage.expectationsOf(executionId);
  lineage.findArtifact(poison);
  lineage.findArtifactByPrefix(digestHex(poison));
  lineage.statCache.recall('/data/a', { dev: 1, ino: 1, sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n });
  const queries = [...new Set(prepare.mock.calls.map(([sql]) => sql))].filter(
    (sql) => /^\s*(SELECT|WITH)/.test(sql) && !/sqlite_schema/.test(sql),
  );
  prepare.mockRestore();
  lineage.close();

  const database = new Database(rig.path, { readonly: true });
  const scans = queries.flatMap((sql) => {
    const values = Array<null>(sql.split('?').length - 1).fill(null);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    return plan.map(({ detail }) => detail).filter((detail) => detail.startsWith('SCAN'));
  });
  database.close();
  expect(queries.length).toBeGreaterThan(25);
  // `run` is read from its newest end as far as the limit goes; the two indexes hold only what is running.
  expect([...new Set(scans)].sort()).toMatchInlineSnapshot(`
    [
      "SCAN (subquery-1)",
      "SCAN (subquery-3)",
      "SCAN CONSTANT ROW",
      "SCAN execution USING INDEX execution_running",
      "SCAN reached",
      "SCAN run",
      "SCAN run USING INDEX run_running",
    ]
  `);
});
