import Database from 'better-sqlite3';
import fc from 'fast-check';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { Lineage } from '../../lib/lineage/lineage.ts';
import type { Digest } from '../../lib/base/digest.ts';
import { actionKey } from '../../lib/model/action.ts';
import { FakeClock, forgetResults } from './rig.ts';
import { artifact, commitOf, executionEnd, executionStart, makeAction, named, runStart, type Work } from './samples.ts';

/** Few actions and artifacts, so that sequences meet the same ones again. */
const step = fc.record({
  kind: fc.constantFrom('commit', 'fail', 'throw', 'lose', 'forget', 'leave running', 'reopen'),
  seed: fc.integer({ min: 1, max: 3 }),
  reads: fc.constantFrom('a', 'b'),
  makes: fc.constantFrom('a', 'b', 'c'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Model {
  readonly results: Map<Digest, Digest>;
  readonly succeeded: Set<Digest>;
  readonly known: Set<Digest>;
}

function apply(lineage: Lineage, runId: number, model: Model, { kind, seed, reads, makes }: Step): void {
  const work: Work = { reads: { in: reads }, makes: { out: makes }, params: { seed } };
  const action = makeAction(work);
  const key = actionKey(action);
  model.known.add(key);
  if (kind === 'forget') {
    forgetResults(lineage, key);
    model.results.delete(key);
    return;
  }
  if (kind === 'reopen') return;
  const executionId = lineage.startExecution(executionStart(action, { runId }));
  const commit = commitOf(executionId, work);
  switch (kind) {
    case 'commit':
      lineage.commitResult(commit);
      model.results.set(key, named(makes));
      model.succeeded.add(key);
      return;
    case 'fail':
      return lineage.failExecution(executionId, executionEnd({ status: 'failed' }));
    case 'throw': {
      const [output] = commit.outputs;
      const broken = { ...artifact(`new ${makes}`), sizeBytes: Number.NaN };
      expect(() => lineage.commitResult({ ...commit, outputs: [{ ...output!, artifact: broken }] })).toThrow();
      return;
    }
    case 'lose':
      expect(lineage.markLost(() => false).map(({ id }) => id)).toContain(executionId);
      return;
    case 'leave running':
      return;
  }
}

it('any sequence of commits, failures and losses keeps every foreign key, and the results a map would hold', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'assay-lineage-'));
      const path = join(folder, 'lineage.db');
      const open = () => Lineage.open(path, { clock: new FakeClock() });
      let lineage = open();
      try {
        const runId = lineage.startRun(runStart());
        const model: Model = { results: new Map(), succeeded: new Set(), known: new Set() };
        for (const step of steps) {
          apply(lineage, runId, model, step);
          if (step.kind === 'reopen') {
            lineage.close();
            lineage = open();
          }
        }
        for (const key of model.known) {
          const outputs = model.results.get(key);
          expect(lineage.findResult(key)?.outputs).toEqual(outputs && { out: outputs });
          expect(lineage.hasRun(key)).toBe(model.succeeded.has(key));
        }
        expect(lineage.listResultKeys()).toEqual([...model.results.keys()].sort());
        lineage.close();
        const database = new Database(path, { readonly: true });
        expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
        expect(database.pragma('foreign_key_check')).toEqual([]);
        database.close();
      } finally {
        lineage.close();
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});
