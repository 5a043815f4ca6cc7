import { describe, expect, it } from 'vitest';
import { readFacts, statementBytes, statementOf } from '../../lib/audit/statement.ts';
import { digestBytes, digestHex } from '../../lib/base/digest.ts';
import { makeRig } from '../lineage/rig.ts';
import { commitOf, executionStart, makeAction, named, runStart } from '../lineage/samples.ts';

const WORK = { reads: { data: 'clean' }, makes: { model: 'model' }, params: { attack: { count: 600 }, seed: 1 } };

function makeFacts() {
  const { lineage } = makeRig();
  const runId = lineage.startRun(runStart({ git: { commit: 'c'.repeat(40), isDirty: false } }));
  const action = makeAction(WORK);
  const executionId = lineage.startExecution(executionStart(action, { runId, instance: 'retrain' }));
  const metrics = [
    {
      output: 'metrics',
      metrics: [
        { name: 'accuracy', value: 0.5 },
        { name: 'zero', value: -0 },
      ],
    },
  ];
  lineage.commitResult({ ...commitOf(executionId, WORK), metrics, recordDigest: named('record') });
  return { lineage, executionId, runId };
}

describe('statementOf', () => {
  it('says what was made, from what, by what, when; the same bytes each time', () => {
    const { lineage, executionId } = makeFacts();
    const files = { model: [{ path: 'weights.bin', sizeBytes: 4, blob: named('weights') }] };
    const statement = statementOf(readFacts(lineage, executionId)!, { logIndex: 3, recordedLater: false, files });
    const hex = (name: string) => digestHex(named(name));
    expect(JSON.parse(statementBytes(statement).toString('utf8'))).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'retrain.model', digest: { sha256: hex('model') } },
        { name: 'retrain/model/weights.bin', digest: { sha256: hex('weights') } },
      ],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: 'https://example.org/assay/stage/v1',
          externalParameters: { stage: 'retrain', instance: 'retrain', params: { 'attack.count': 600, seed: 1 } },
          internalParameters: { node: '20', platform: 'linux', arch: 'x64', compute: null },
          resolvedDependencies: [
            { name: 'inputs.data', digest: { sha256: hex('clean') } },
            { name: 'stages/some.ts', digest: { sha256: hex('code') } },
            { name: 'pipeline', digest: { sha256: hex('pipeline') } },
            { name: 'git', digest: { gitCommit: 'c'.repeat(40) }, annotations: { isDirty: false } },
          ],
        },
        runDetails: {
          builder: { id: 'https://example.org/assay@0.1.0' },
          metadata: {
            invocationId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
            startedOn: '2023-11-14T22:13:20.000Z',
            finishedOn: '2023-11-14T22:13:20.005Z',
          },
          byproducts: [
            { name: 'result', digest: { sha256: hex('record') } },
            { name: 'run', digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, annotations: { run: 2 } },
            {
              name: 'execution',
              annotations: {
                ...{ execution: 1, attempt: 1, status: 'ok', exitCode: 0, signal: null, peakMemoryBytes: null },
                ...{ logIndex: 3, recordedLater: false },
              },
            },
            { name: 'metrics', annotations: { metrics: { accuracy: 0.5, zero: 0 } } },
          ],
        },
      },
    });
    const again = statementOf(readFacts(lineage, executionId)!, { logIndex: 3, recordedLater: false, files });
    expect(digestBytes(statementBytes(again))).toBe(digestBytes(statementBytes(statement)));
  });

  it('has the action for a subject where nothing was made', () => {
    const { lineage } = makeRig();
    const runId = lineage.startRun(runStart());
    const action = makeAction(WORK);
    const start = executionStart(action, { runId, instance: 'merge' });
    const executionId = lineage.startExecution(start);
    const end = { status: 'expectation-failed', endedAtMs: 1_700_000_000_005, exitCode: 0, signal: null } as const;
    lineage.failExecution(executionId, { ...end, peakMemoryBytes: null, logDigest: null });
    const statement = statementOf(readFacts(lineage, executionId)!, { logIndex: 0, recordedLater: false, files: {} });
    expect(statement.subject).toEqual([{ name: 'merge', digest: { sha256: digestHex(start.key) } }]);
    expect(statementBytes(statement).toString()).toContain('"status":"expectation-failed"');
  });

  it('is silent of user and host', () => {
    const { lineage, executionId } = makeFacts();
    const statement = statementOf(readFacts(lineage, executionId)!, { logIndex: 0, recordedLater: false, files: {} });
    expect(statementBytes(statement).toString()).not.toMatch(/\bada\b|\bhere\b/);
  });

  it('can be made of a row that somebody edited beyond sense', () => {
    const { lineage, executionId } = makeFacts();
    const facts = readFacts(lineage, executionId)!;
    const edited = {
      ...facts,
      execution: { ...facts.execution, endedAtMs: 1e300 },
      metrics: [{ output: 'metrics', name: 'accuracy', value: Infinity }],
    };
    const bytes = statementBytes(statementOf(edited, { logIndex: 0, recordedLater: false, files: {} }));
    expect(bytes.toString()).toContain('"accuracy":"Infinity"');
  });

  it('is not there for an execution that is not there', () => {
    expect(readFacts(makeFacts().lineage, 99)).toBeUndefined();
  });
});
