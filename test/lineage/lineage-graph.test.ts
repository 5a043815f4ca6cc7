import { describe, expect, it } from 'vitest';
import { digestHex } from '../../lib/base/digest.ts';
import type { LineageGraph } from '../../lib/lineage/lineage-graph.ts';
import { forgetResults, makeRig, type Rig } from './rig.ts';
import { commitOf, executionStart, makeAction, named } from './samples.ts';

const NAMES = ['clean', 'model', 'poison', 'merged', 'report', 'a', 'b', 'c', 'made'];

/** Digests by the names that the tests gave them. */
function readable(graph: LineageGraph) {
  const name = (digest: string) => NAMES.find((name) => named(name) === digest) ?? digest;
  return {
    nodes: graph.nodes
      .map((node) => `${name(node.artifact)} by ${node.madeBy.map((p) => p.instance).join(' and ')}`)
      .sort(),
    edges: graph.edges.map((edge) => `${name(edge.from)} -> ${name(edge.to)} by ${edge.instance}`),
  };
}

function makeExperiment(): Rig {
  const rig = makeRig();
  rig.make('fetch', { makes: { data: 'clean' } });
  rig.make('pretrain', { reads: { data: 'clean' }, makes: { model: 'model' } });
  rig.make('poison', { reads: { data: 'clean', model: 'model' }, makes: { data: 'poison' } });
  rig.make('merge', { reads: { clean: 'clean', poison: 'poison' }, makes: { data: 'merged' } });
  return rig;
}

describe('one step of dataflow', () => {
  it('names who made and who read an artifact', () => {
    const { lineage, runId } = makeExperiment();
    const use = (executionId: number, instance: string, name: string) => ({
      executionId,
      runId,
      instance,
      name,
      label: null,
    });
    expect(lineage.producersOf(named('clean'))).toEqual([use(1, 'fetch', 'data')]);
    expect(lineage.consumersOf(named('clean'))).toEqual([
      use(2, 'pretrain', 'data'),
      use(3, 'poison', 'data'),
      use(4, 'merge', 'clean'),
    ]);
  });

  it('keeps the label of each member of a fan-in, in order', () => {
    const { lineage, runId } = makeRig();
    const members = { 'count=2': named('b'), 'count=10': named('a') };
    const action = { ...makeAction({ makes: { data: 'made' } }), inputs: { all: members } };
    const executionId = lineage.startExecution(executionStart(action, { runId }));
    const inputs = Object.entries(members).map(([label, artifact]) => ({ name: 'all', label, artifact, path: null }));
    lineage.commitResult({ ...commitOf(executionId, { makes: { data: 'made' } }), inputs });
    expect(lineage.inputsOf(executionId)).toEqual([inputs[1], inputs[0]]);
    expect(lineage.consumersOf(named('b'))).toEqual([
      { executionId, runId, instance: 'some', name: 'all', label: 'count=2' },
    ]);
    expect(lineage.ancestorsOf(named('made')).edges.map(({ label }) => label)).toEqual(['count=10', 'count=2']);
  });

  it('finds artifacts by the beginning of their hex', () => {
    const { lineage } = makeExperiment();
    const hex = digestHex(named('clean'));
    expect(lineage.findArtifactByPrefix(hex.slice(0, 12))).toEqual([named('clean')]);
    expect(lineage.findArtifactByPrefix(hex.toUpperCase())).toEqual([named('clean')]);
    expect(lineage.findArtifactByPrefix(`${hex.slice(0, 12)}%`)).toEqual([]);
    expect(lineage.findArtifactByPrefix('')).toEqual([]);
  });
});

describe('lineage through any number of steps', () => {
  it('goes up to everything an artifact was made from', () => {
    const { lineage } = makeExperiment();
    expect(readable(lineage.ancestorsOf(named('poison')))).toEqual({
      nodes: ['clean by fetch', 'model by pretrain', 'poison by poison'],
      edges: ['clean -> model by pretrain', 'clean -> poison by poison', 'model -> poison by poison'],
    });
  });

  it('goes down to everything made from it', () => {
    const { lineage } = makeExperiment();
    expect(readable(lineage.descendantsOf(named('model')))).toEqual({
      nodes: ['merged by merge', 'model by pretrain', 'poison by poison'],
      edges: ['model -> poison by poison', 'poison -> merged by merge'],
    });
  });

  it('says of each node what is known of it', () => {
    const { lineage, runId } = makeExperiment();
    const { nodes } = lineage.descendantsOf(named('merged'));
    const key = lineage.findExecution(4)!.key;
    const made = { executionId: 4, runId, instance: 'merge', stage: 'merge', key, output: 'data', kind: 'dataset' };
    expect(nodes).toEqual([
      { artifact: named('merged'), form: 'directory', sizeBytes: 106, fileCount: 6, madeBy: [made] },
    ]);
  });

  it('names every producer of the same bytes', () => {
    const rig = makeExperiment();
    rig.make('import', { makes: { data: 'clean' }, params: { from: 'elsewhere' } });
    expect(readable(rig.lineage.ancestorsOf(named('model')))).toEqual({
      nodes: ['clean by fetch and import', 'model by pretrain'],
      edges: ['clean -> model by pretrain'],
    });
  });

  it('ends where artifacts were made from one another', () => {
    const rig = makeRig();
    rig.make('first', { reads: { in: 'a' }, makes: { out: 'b' } });
    rig.make('second', { reads: { in: 'b' }, makes: { out: 'c' } });
    rig.make('third', { reads: { in: 'c' }, makes: { out: 'a' } });
    rig.make('copy', { reads: { in: 'a' }, makes: { out: 'a' }, params: { seed: 2 } });
    const whole = {
      nodes: ['a by third', 'b by first', 'c by second'],
      edges: ['a -> b by first', 'b -> c by second', 'c -> a by third'],
    };
    expect(readable(rig.lineage.ancestorsOf(named('b')))).toEqual(whole);
    expect(readable(rig.lineage.descendantsOf(named('b')))).toEqual(whole);
  });

  it('does not take what a stage gave back as it was for made from what else it read', () => {
    const rig = makeExperiment();
    rig.make('retrain', { reads: { data: 'merged', model: 'model' }, makes: { model: 'model', report: 'report' } });
    expect(readable(rig.lineage.descendantsOf(named('poison')))).toEqual({
      nodes: ['merged by merge', 'poison by poison', 'report by retrain'],
      edges: ['poison -> merged by merge', 'merged -> report by retrain'],
    });
    expect(readable(rig.lineage.ancestorsOf(named('model')))).toEqual({
      nodes: ['clean by fetch', 'model by pretrain'],
      edges: ['clean -> model by pretrain'],
    });
  });

  it('knows nothing of an unknown artifact but its name', () => {
    const { lineage } = makeRig();
    expect(lineage.ancestorsOf(named('unknown'))).toEqual({
      root: named('unknown'),
      nodes: [{ artifact: named('unknown'), form: null, sizeBytes: null, fileCount: null, madeBy: [] }],
      edges: [],
    });
  });

  it('follows a chain of 300 steps', () => {
    const rig = makeRig();
    for (let i = 0; i < 300; i++) rig.make('step', { reads: { in: `link ${i}` }, makes: { out: `link ${i + 1}` } });
    expect(rig.lineage.ancestorsOf(named('link 300')).nodes).toHaveLength(301);
    expect(rig.lineage.descendantsOf(named('link 0')).edges).toHaveLength(300);
  });
});

describe('what the store must keep', () => {
  it('is what results read and made, their records, and all logs', () => {
    const { lineage, runId } = makeRig();
    const work = { reads: { data: 'clean' }, makes: { model: 'model' } };
    const action = makeAction(work);
    const executionId = lineage.startExecution(executionStart(action, { runId }));
    const commit = commitOf(executionId, work, { logDigest: named('log') });
    lineage.commitResult({ ...commit, recordDigest: named('record') });
    const kept = (...names: string[]) => new Set(names.map(named));
    expect(lineage.reachableDigests()).toEqual(kept('clean', 'model', 'record', 'log'));
    forgetResults(lineage, ...lineage.listResultKeys());
    expect(lineage.reachableDigests()).toEqual(kept('log'));
  });
});
