import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes, recordBytes, shortDigest, type Digest } from '../../lib/base/digest.ts';
import { Lineage } from '../../lib/lineage/lineage.ts';
import { parseResultRecord, rebuildLineage } from '../../lib/lineage/rebuild.ts';
import { resultRecord } from '../../lib/lineage/result-record.ts';
import { actionKey } from '../../lib/model/action.ts';
import { FakeClock, makeFolder, makeRig, type Rig } from './rig.ts';
import { commitOf, executionStart, makeAction, named, outcomeOf, type Work } from './samples.ts';

/** Commits with its record, as the executor does; returns the record. */
function makeRecorded({ lineage, runId, clock }: Rig, instance: string, work: Work): { key: Digest; record: Buffer } {
  const action = makeAction(work);
  const start = executionStart(action, { runId, instance, startedAtMs: clock.ms });
  const executionId = lineage.startExecution(start);
  const commit = {
    ...commitOf(executionId, work, { endedAtMs: (clock.ms += 5), logDigest: named(`log of ${instance}`) }),
    metrics: [
      {
        output: 'data',
        metrics: [
          { name: 'accuracy', value: 0.5 },
          { name: 'loss', value: -0 },
        ],
      },
    ],
  };
  const record = resultRecord(start, commit);
  lineage.commitResult({ ...commit, recordDigest: digestBytes(record) });
  lineage.recordOutcomes(runId, [outcomeOf(instance, { key: start.key, executionId })]);
  return { key: start.key, record };
}

function makeExperiment() {
  const rig = makeRig();
  const made = [
    makeRecorded(rig, 'fetch', { makes: { data: 'clean' } }),
    makeRecorded(rig, 'poison', { reads: { data: 'clean' }, makes: { data: 'poison' }, params: { count: 600 } }),
    makeRecorded(rig, 'poison', { reads: { data: 'clean' }, makes: { data: 'more poison' }, params: { count: 1200 } }),
    // Forced to run again, with other bytes: the later result is the current one.
    makeRecorded(rig, 'poison', { reads: { data: 'clean' }, makes: { data: 'other poison' }, params: { count: 600 } }),
  ];
  return { ...rig, keys: made.map(({ key }) => key), records: made.map(({ record }) => record) };
}

function openEmpty(): Lineage {
  return Lineage.open(join(makeFolder(), 'lineage.db'), { clock: new FakeClock() });
}

/** What must survive: all but the ids, which are given anew. */
function remembered(lineage: Lineage, keys: readonly Digest[]) {
  return {
    results: keys.map((key) => lineage.findResult(key)?.outputs),
    dataflow: keys.map((key) => {
      const { executionId } = lineage.findResult(key)!;
      return [lineage.inputsOf(executionId), lineage.paramsOf(executionId), lineage.metricsOf(executionId)];
    }),
    latest: ['fetch', 'poison'].map((instance) => lineage.findLatestAction(instance)?.key),
    reachable: lineage.reachableDigests(),
    poisonCount: lineage.executionsOf('poison', 10).map(({ action }) => action.params['count']),
  };
}

describe('rebuilding a lost database', () => {
  it('gives the same results, dataflow and latest actions as before, whatever the order of the records', () => {
    const { lineage, keys, records } = makeExperiment();
    const before = remembered(lineage, keys);
    expect(before.results).toEqual([
      { data: named('clean') },
      { data: named('other poison') },
      { data: named('more poison') },
      { data: named('other poison') },
    ]);
    for (const shuffled of [records, records.toReversed(), [3, 1, 0, 2].map((i) => records[i]!)]) {
      const rebuilt = openEmpty();
      expect(rebuildLineage(rebuilt, shuffled)).toEqual({ restored: 4, known: 0, refused: [] });
      expect(remembered(rebuilt, keys)).toEqual(before);
      rebuilt.close();
    }
  });

  it('can be done twice, and beside results that are there', () => {
    const { lineage, keys, records } = makeExperiment();
    const before = remembered(lineage, keys);
    const runs = lineage.listRuns(10).length;
    expect(rebuildLineage(lineage, records)).toEqual({ restored: 0, known: 4, refused: [] });
    expect(remembered(lineage, keys)).toEqual(before);
    expect(lineage.listRuns(10)).toHaveLength(runs);

    const rebuilt = openEmpty();
    expect(rebuildLineage(rebuilt, records.slice(2))).toEqual({ restored: 2, known: 0, refused: [] });
    expect(rebuildLineage(rebuilt, records)).toEqual({ restored: 2, known: 2, refused: [] });
    expect(keys.map((key) => rebuilt.findResult(key)?.outputs)).toEqual(before.results);
    rebuilt.close();
  });

  it('can be cut short: the next one gives the latest actions back too', () => {
    const { lineage, keys, records } = makeExperiment();
    const before = remembered(lineage, keys);
    const restorable = records.map((bytes) => {
      const record = parseResultRecord(bytes);
      if (typeof record === 'string') throw new Error(record);
      return { record, recordDigest: digestBytes(bytes) };
    });
    for (const order of [restorable, restorable.toReversed()]) {
      const rebuilt = openEmpty();
      const crash = function* () {
        yield order.slice(0, 2);
        throw new Error('power cut');
      };
      expect(() => rebuilt.restoreResults(crash())).toThrow('power cut');
      expect(rebuildLineage(rebuilt, records)).toEqual({ restored: 2, known: 2, refused: [] });
      expect(remembered(rebuilt, keys).latest).toEqual(before.latest);
      rebuilt.close();
    }
  });

  it('refuses what only looks like a record, with the reason, and restores the rest', () => {
    const { records } = makeExperiment();
    const [fetch, poison] = records as [Buffer, Buffer];
    const { key, ...rest } = parseResultRecord(poison) as Exclude<ReturnType<typeof parseResultRecord>, string>;
    const swapped = recordBytes('result/v1', {
      ...rest,
      key,
      inputs: [{ name: 'data', label: null, artifact: named('evil'), path: null }],
    });
    const forged = recordBytes('result/v1', { ...rest, key: named('another key') });
    const torn = poison.subarray(0, 60);
    const spaced = Buffer.from(poison.toString('utf8').replace('{', '{ '));
    const short = (bytes: Buffer) => shortDigest(digestBytes(bytes));
    const rebuilt = openEmpty();
    const report = rebuildLineage(rebuilt, [swapped, fetch, forged, spaced, recordBytes('result/v1', {}), torn]);
    expect(report).toMatchObject({ restored: 1, known: 0 });
    const [first, second, third, fourth, fifth] = report.refused;
    expect(first).toBe(
      `${short(swapped)}: the inputs are not the action's (data ${named('clean')}): got data ${named('evil')}`,
    );
    expect(second).toBe(`${short(forged)}: its key is not the digest of its action`);
    expect(third).toBe(`${short(spaced)}: it is not canonical JSON`);
    expect(fourth).toMatch(/: ✖ not a digest\n {2}→ at key\n/);
    expect(fifth).toMatch(/: it is not JSON: /);
    rebuilt.close();
  });
});

describe('a result record', () => {
  it('has one encoding, whatever the order in which inputs, outputs and metrics were given', () => {
    const work: Work = { reads: { b: 'b', a: 'a' }, makes: { y: 'y', x: 'x' }, params: { count: 600 } };
    const start = executionStart(makeAction(work), { runId: 1, instance: 'merge' });
    const commit = commitOf(1, work);
    const record = resultRecord(start, commit);
    const turned = { ...commit, inputs: commit.inputs.toReversed(), outputs: commit.outputs.toReversed() };
    expect(resultRecord(start, turned).equals(record)).toBe(true);
    expect(actionKey(start.action)).toBe(start.key);
    expect(record.toString('utf8').replace('\0', ' NUL ')).toMatchInlineSnapshot(
      `"result/v1 NUL {"action":{"code":{"stages/some.ts":"sha256:5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b"},"env":{},"inputs":{"a":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","b":"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"},"outputs":{"x":"dataset","y":"dataset"},"packages":{},"params":{"count":600},"program":{"module":"stages/some.ts"},"runtime":{"arch":"x64","compute":null,"node":"20","platform":"linux"},"salt":"1","schema":"action/v1"},"endedAtMs":1700000000005,"inputs":[{"artifact":"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d","label":null,"name":"b","path":null},{"artifact":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","label":null,"name":"a","path":null}],"instance":"merge","key":"sha256:a31c0a258370546f9950636cc0b4f757624f985678e10b054107d11aae4e55a4","logDigest":null,"metrics":[],"outputs":[{"artifact":{"digest":"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","fileCount":1,"form":"directory","sizeBytes":101},"kind":"dataset","name":"x"},{"artifact":{"digest":"sha256:a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa","fileCount":1,"form":"directory","sizeBytes":101},"kind":"dataset","name":"y"}],"stage":"merge","startedAtMs":1700000000000}"`,
    );
  });
});
