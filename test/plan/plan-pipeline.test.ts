import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../lib/base/digest.ts';
import { digestHex } from '../../lib/base/digest.ts';
import type { StageInstance } from '../../lib/model/stage.ts';
import { planPipeline } from '../../lib/plan/plan-pipeline.ts';
import { Planner } from '../../lib/plan/planner.ts';
import { forgetResults } from '../lineage/rig.ts';
import { makeInstance, npmInstalled, readAll, readOutput, readPath, writeFiles } from './examples.ts';
import { Rig } from './rig.ts';

const FILES = {
  'README.md': 'An experiment\n',
  'stages/fetch.ts': "console.log('fetch');\n",
  'stages/poison.ts': "import { trigger } from './trigger.ts';\nconsole.log(trigger);\n",
  'stages/trigger.ts': 'export const trigger = 7;\n',
  'stages/merge.ts': "console.log('merge');\n",
  'data/raw.csv': '1,2\n',
};

const attack = (count: number, seed = 1) => ({ params: { attack: { count, chosen: 7 }, seed } });
const poison = (count: number, seed?: number): StageInstance =>
  makeInstance({ stage: 'poison', inputs: { data: readOutput('fetch') }, ...attack(count, seed) });
const fetch = makeInstance({ stage: 'fetch', inputs: { raw: readPath('data/raw.csv') } });
const merge = makeInstance({ stage: 'merge', inputs: { clean: readOutput('fetch'), poison: readOutput('poison') } });
const pipeline = (count = 600, seed?: number) => [fetch, poison(count, seed), merge];

async function runRig(instances = pipeline(), files: Record<string, unknown> = FILES): Promise<Rig> {
  const rig = new Rig(files, instances);
  await rig.run();
  return rig;
}

const ALL_CACHED = ['fetch cached', 'poison cached', 'merge cached'];

describe('planPipeline', () => {
  it('runs everything the first time, deciding no more than can be known', async () => {
    const rig = new Rig(FILES, pipeline());
    expect(await rig.plan()).toEqual([
      'fetch stale: never run',
      'poison undecided: waits on fetch',
      'merge undecided: waits on fetch, poison',
    ]);
    expect(await rig.run()).toEqual(['fetch', 'poison', 'merge']);
    expect(await rig.plan()).toEqual(ALL_CACHED);
    expect(await rig.run()).toEqual([]);
  });

  it('touch a comment in the README: nothing; edit one line of the attack: poison and what follows', async () => {
    const rig = await runRig();
    writeFiles(rig.root, { 'README.md': 'An experiment, described\n' });
    expect(await rig.plan()).toEqual(ALL_CACHED);
    writeFiles(rig.root, { 'stages/trigger.ts': 'export const trigger = 8;\n' });
    expect(await rig.plan()).toEqual([
      'fetch cached',
      'poison stale: code stages/trigger.ts edited',
      'merge undecided: waits on poison',
    ]);
  });

  it('changing a parameter reruns only the stages that read it', async () => {
    const rig = await runRig();
    rig.instances = pipeline(1200);
    expect(await rig.plan()).toEqual([
      'fetch cached',
      'poison stale: attack.count 600 -> 1200',
      'merge undecided: waits on poison',
    ]);
    expect(await rig.run()).toEqual(['poison', 'merge']);
  });

  it('takes everything from the cache again after an edit was undone', async () => {
    const rig = await runRig();
    rig.instances = pipeline(1200);
    await rig.run();
    rig.instances = pipeline(600);
    expect(await rig.plan()).toEqual(ALL_CACHED);
    writeFiles(rig.root, { 'stages/trigger.ts': 'export const trigger = 8;\n' });
    await rig.run();
    writeFiles(rig.root, { 'stages/trigger.ts': FILES['stages/trigger.ts'] });
    expect(await rig.plan()).toEqual(ALL_CACHED);
  });

  it('keeps a seed apart from another, and finds each again', async () => {
    const rig = await runRig(pipeline(600, 1));
    rig.instances = pipeline(600, 2);
    expect((await rig.plan())[1]).toBe('poison stale: seed 1 -> 2');
    await rig.run();
    for (const seed of [1, 2]) {
      rig.instances = pipeline(600, seed);
      expect(await rig.plan()).toEqual(ALL_CACHED);
    }
  });

  it('stops where a rerun makes the same bytes', async () => {
    const rig = await runRig();
    rig.make = ({ stage }, { inputs }) =>
      JSON.stringify([stage, { attack: { count: 600, chosen: 7 }, seed: 1 }, inputs]);
    writeFiles(rig.root, { 'stages/trigger.ts': 'export const trigger = 7; // as before\n' });
    expect(await rig.run()).toEqual(['poison']);
    expect(await rig.plan()).toEqual(ALL_CACHED);
  });

  it('reads an edited input file of the project anew, and says from which content to which', async () => {
    const rig = await runRig();
    writeFiles(rig.root, { 'data/raw.csv': '1,3\n' });
    const [first] = await rig.plan();
    expect(first).toMatch(/^fetch stale: input raw is new content [0-9a-f]{12} -> [0-9a-f]{12}$/);
    writeFiles(rig.root, { 'data/raw.csv': FILES['data/raw.csv'] });
    expect(await rig.plan()).toEqual(ALL_CACHED);
  });

  it('runs what is forced, by stage or by instance', async () => {
    const rig = await runRig();
    rig.force = ['poison'];
    expect(await rig.plan()).toEqual(['fetch cached', 'poison stale: forced', 'merge undecided: waits on poison']);
    expect(await rig.run()).toEqual(['poison']);
    rig.force = ['merge'];
    expect(await rig.run()).toEqual(['merge']);
  });

  it('renaming a stage runs nothing', async () => {
    const rig = await runRig();
    const renamed = { ...poison(600), stage: 'spoil', id: 'spoil' };
    rig.instances = [fetch, renamed, { ...merge, inputs: { ...merge.inputs, poison: readOutput('spoil') } }];
    expect(await rig.plan()).toEqual(['fetch cached', 'spoil cached', 'merge cached']);
  });

  it('says that a result was removed, and what changed besides', async () => {
    const rig = await runRig();
    const keys = (await planPipeline(rig.instances, rig.deps())).steps.map(({ verdict }) =>
      verdict.state === 'undecided' ? undefined : verdict.key,
    );
    forgetResults(rig.lineage, keys[1]!);
    expect((await rig.plan())[1]).toBe('poison stale: result removed');
    rig.instances = pipeline(1200);
    await rig.run();
    rig.instances = pipeline(600);
    expect((await rig.plan())[1]).toBe('poison stale: attack.count 1200 -> 600; result removed');
  });

  it('makes a missing or altered artifact again, and looks at each artifact once', async () => {
    const rig = await runRig();
    const artifact = await artifactOf(rig, 1);
    const blob = rig.store.readManifest(artifact).entries[0]!.blob;
    const path = join(rig.root, 'artifacts/objects', digestHex(blob).slice(0, 2), digestHex(blob).slice(2));
    chmodSync(path, 0o644);
    writeFileSync(path, 'tampered');
    expect(await rig.plan()).toEqual([
      'fetch cached',
      'poison stale: artifact data: file altered in the store',
      'merge undecided: waits on poison',
    ]);
    // The altered blob is in quarantine now. The result is not forgotten: a plan changes no result.
    expect(readdirSync(join(rig.root, 'artifacts/quarantine')).length).toBeGreaterThan(0);
    expect((await rig.plan())[1]).toBe('poison stale: artifact data: file altered in the store');
    expect(await rig.run()).toEqual(['poison']);
    expect(await rig.plan()).toEqual(ALL_CACHED);

    let looks = 0;
    const findDamage = (digest: Digest) => {
      looks++;
      return rig.store.findDamage(digest);
    };
    const twins = [fetch, { ...fetch, id: 'fetch[1]' }, { ...fetch, id: 'fetch[2]' }];
    await planPipeline(twins, { ...rig.deps(), store: { findDamage, findBlobDamage: () => null } });
    expect(looks).toBe(1);
  });

  it('says to the end of a run that an artifact was altered, although the first look moved it away', async () => {
    const rig = await runRig();
    const artifact = await artifactOf(rig, 1);
    const hex = digestHex(rig.store.readManifest(artifact).entries[0]!.blob);
    const path = join(rig.root, 'artifacts/objects', hex.slice(0, 2), hex.slice(2));
    chmodSync(path, 0o644);
    writeFileSync(path, 'tampered');
    const planner = new Planner(rig.deps());
    const first = await planPipeline(rig.instances, rig.deps(), planner);
    expect(first.steps[1]!.verdict).toMatchObject({ reasons: [{ kind: 'damaged', damage: { problem: 'altered' } }] });
    expect(await planPipeline(rig.instances, rig.deps(), planner)).toEqual(first);
  });

  it('sees within one run that a damaged artifact is whole again', async () => {
    const rig = await runRig();
    const artifact = await artifactOf(rig, 0);
    rmSync(join(rig.root, 'artifacts/objects', digestHex(artifact).slice(0, 2), digestHex(artifact).slice(2)));
    // Two instances share the damaged result: making the first makes the second.
    rig.instances = [fetch, { ...fetch, id: 'fetch[again]' }];
    expect(await rig.run()).toEqual(['fetch']);
  });

  it('plans a fan-in by its members', async () => {
    const evaluate = (n: number) =>
      makeInstance({ stage: 'evaluate', id: `evaluate[n=${n}]`, program: poison(1).program, params: { n } });
    const report = (...ns: number[]) =>
      makeInstance({
        stage: 'report',
        program: merge.program,
        inputs: {
          all: readAll(
            'evaluate',
            ns.map((n) => `n=${n}`),
          ),
        },
      });
    const rig = await runRig([evaluate(1), evaluate(2), report(1, 2)]);
    rig.instances = [evaluate(1), evaluate(2), report(1)];
    expect((await rig.plan())[2]).toBe('report stale: input all[n=2] removed');
    rig.instances = [evaluate(1), evaluate(3), report(1, 3)];
    expect(await rig.plan()).toEqual([
      'evaluate[n=1] cached',
      'evaluate[n=3] stale: never run',
      'report undecided: waits on evaluate[n=3]',
    ]);
  });

  it('keys a command by its arguments, its declared files and its declared environment', async () => {
    const command = (...argv: [string, ...string[]]): StageInstance =>
      makeInstance({
        stage: 'table',
        program: { kind: 'command', argv, location: fetch.location },
        files: ['tools/*.py'],
        env: ['TABLE_WIDTH'],
        outputs: { table: 'file' },
      });
    const rig = await runRig([command('python3', 'tools/table.py')], { 'tools/table.py': 'print(1)\n' });
    rig.env = { TABLE_WIDTH: '80', OTHER: 'x' };
    expect(await rig.plan()).toEqual(['table stale: TABLE_WIDTH unset -> "80"']);
    rig.env = { OTHER: 'x' };
    expect(await rig.plan()).toEqual(['table cached']);
    writeFiles(rig.root, { 'tools/table.py': 'print(2)\n', 'tools/new.py': '' });
    expect(await rig.plan()).toEqual(['table stale: code tools/new.py added; code tools/table.py edited']);
    rig.instances = [command('python3', '-O', 'tools/table.py')];
    expect((await rig.plan())[0]).toContain('program python3 tools/table.py -> python3 -O tools/table.py');
  });

  it('names the compute backend only for a program that reaches a tensor library', async () => {
    const files = {
      ...FILES,
      'stages/merge.ts': "import '@tensorflow/tfjs-core';\n",
      ...npmInstalled({
        'node_modules/@tensorflow/tfjs-core': { version: '4.22.0', integrity: 'sha512-core' },
        'node_modules/@tensorflow/tfjs-backend-cpu': { version: '4.22.0', integrity: 'sha512-cpu' },
      }),
    };
    const rig = await runRig(pipeline(), files);
    const { steps } = await planPipeline(rig.instances, rig.deps());
    const backends = steps.map(({ verdict }) => (verdict.state === 'cached' ? verdict.action.runtime.compute : '?'));
    expect(backends).toEqual([null, null, 'cpu@4.22.0/1']);
    rig.params = { compute: 'wasm' };
    await expect(rig.plan()).rejects.toMatchObject({ code: 'compute-unavailable' });
  });

  it('changes nothing but what it remembers of files', async () => {
    const rig = await runRig();
    const listing = () =>
      readdirSync(join(rig.root, 'artifacts'), { recursive: true, encoding: 'utf8' })
        .filter((name) => !name.startsWith('lineage.db'))
        .map((name) => `${name} ${statSync(join(rig.root, 'artifacts', name)).mtimeMs}`);
    const before = listing();
    rig.instances = pipeline(1200);
    await rig.plan();
    expect(listing()).toEqual(before);
    expect(rig.lineage.listRuns(10)).toHaveLength(1);
  });
});

describe('Planner', () => {
  it('sees one project for all its life; the next one looks again', async () => {
    const rig = await runRig();
    const planner = new Planner(rig.deps());
    await planner.prepare(rig.instances);
    writeFiles(rig.root, { 'stages/fetch.ts': "console.log('fetch more');\n" });
    expect(planner.decide(fetch, () => undefined).state).toBe('cached');
    const next = new Planner(rig.deps());
    expect(() => next.decide(fetch, () => undefined)).toThrow('prepare() comes before decide(): got fetch');
    await next.prepare(rig.instances);
    expect(next.decide(fetch, () => undefined).state).toBe('stale');
  });
});

async function artifactOf(rig: Rig, index: number): Promise<Digest> {
  const { verdict } = (await planPipeline(rig.instances, rig.deps())).steps[index]!;
  if (verdict.state !== 'cached') throw new Error(`expected a cached step: got ${verdict.state}`);
  return verdict.outputs.data!;
}
