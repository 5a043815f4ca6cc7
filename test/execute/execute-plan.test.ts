import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  failureText,
  makeProject,
  outputText,
  runProject,
  stageOf,
  told,
  withEngine,
  writeProjectFile,
  type RunResult,
} from '../support/execute-rig.ts';

const MODULE = `
import { writeFileSync } from 'node:fs';
import { runStage } from '../lib/stage-api/run-stage.ts';
import { reportMessage, reportProgress } from '../lib/stage-api/report.ts';
`;

/** How many stages ran at once at most, by the order of their events. */
function mostAtOnce({ events }: RunResult): number {
  let running = 0;
  let most = 0;
  for (const event of events) {
    if (event.kind === 'stage-started') most = Math.max(most, ++running);
    if (event.kind === 'stage-finished' && event.outcome.outcome === 'ran') running--;
  }
  return most;
}

function warnings({ events }: RunResult): string[] {
  return events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
}

describe('executePlan', () => {
  it('runs what was never run, in order, and takes everything from the cache the second time', async () => {
    const root = makeProject({
      'stages/first.ts': `${MODULE}
        runStage((ctx) => {
          reportMessage('begins');
          reportProgress({ done: 1, total: 2, unit: 'steps' });
          console.log('to the log');
          writeFileSync(ctx.output('out'), 'first ' + ctx.params.seed);
          writeFileSync(ctx.output('metrics'), '{"loss":0.5,"perClass":{"7":1}}');
        });`,
    });
    const instances = [
      stageOf({
        id: 'first',
        run: { module: 'stages/first.ts' },
        params: { seed: 3 },
        outputs: { out: 'file', metrics: 'metrics' },
      }),
      stageOf({
        id: 'second',
        run: 'cat {inputs.in} > {outputs.out}; echo , >> {outputs.out}',
        inputs: { in: 'first.out' },
      }),
    ];
    const result = await runProject(root, instances);
    expect(told(result)).toEqual(['first ran', 'second ran']);
    expect(await outputText(root, result, 'second')).toBe('first 3,\n');
    expect(result.events.map(({ kind }) => kind)).toEqual([
      'stage-started',
      'stage-message',
      'stage-progress',
      'stage-output',
      'stage-finished',
      'stage-started',
      'stage-finished',
    ]);
    await withEngine(root, ({ lineage, store }) => {
      const execution = lineage.findExecution(result.outcomes[0]!.executionId!)!;
      expect(execution).toMatchObject({ status: 'ok', exitCode: 0, signal: null, attempt: 1 });
      expect(store.readBlob(execution.logDigest!).toString()).toBe('to the log\n');
      expect(lineage.metricsOf(execution.id).map(({ name, value }) => [name, value])).toEqual([
        ['loss', 0.5],
        ['perClass.7', 1],
      ]);
      expect(lineage.outcomesOf(result.runId).map(({ instance, outcome }) => [instance, outcome])).toEqual([
        ['first', 'ran'],
        ['second', 'ran'],
      ]);
    });
    expect(readdirSync(join(root, 'artifacts/staging'))).toEqual([]);
    const again = await runProject(root, instances);
    expect(told(again)).toEqual(['first cached', 'second cached']);
    expect(again.outcomes.map(({ outputs, executionId }) => [outputs, executionId])).toEqual(
      result.outcomes.map(({ outputs, executionId }) => [outputs, executionId]),
    );
  });

  it('leaves what is below cached when an upstream stage runs and makes the same bytes', async () => {
    const root = makeProject();
    const below = stageOf({ id: 'below', run: 'cat {inputs.in} > {outputs.out}', inputs: { in: 'above.out' } });
    await runProject(root, [stageOf({ id: 'above', run: 'echo same > {outputs.out}' }), below]);
    const edited = await runProject(root, [stageOf({ id: 'above', run: 'printf "same\\n" > {outputs.out}' }), below]);
    expect(told(edited)).toEqual(['above ran', 'below cached']);
  });

  it('runs as many at once as there are jobs, and no more', async () => {
    const root = makeProject();
    // The first two wait for each other, so that they end only when they run at once.
    const meet = (me: string, other: string): string =>
      `touch ${root}/${me}; while [ ! -e ${root}/${other} ]; do sleep 0.01; done; echo ${me} > {outputs.out}`;
    const result = await runProject(root, [
      stageOf({ id: 'a', run: meet('a', 'b') }),
      stageOf({ id: 'b', run: meet('b', 'a') }),
      stageOf({ id: 'c', run: 'echo c > {outputs.out}' }),
      stageOf({ id: 'd', run: 'echo d > {outputs.out}' }),
    ]);
    expect(told(result)).toEqual(['a ran', 'b ran', 'c ran', 'd ran']);
    expect(mostAtOnce(result)).toBe(2);
  });

  it('holds a stage back until its cpus and memory are free, and starts the next that fits in order', async () => {
    const root = makeProject();
    const resources = { cpus: 2, memoryMb: 0, gpus: 0 };
    const ids = ['a', 'b', 'c'];
    const byCpus = await runProject(
      root,
      ids.map((id) => stageOf({ id, run: `echo ${id} > {outputs.out}`, resources })),
      { jobs: 3 },
    );
    expect(mostAtOnce(byCpus)).toBe(1);
    expect(byCpus.events.flatMap((event) => (event.kind === 'stage-started' ? [event.instance] : []))).toEqual(ids);
    const heavy = { cpus: 1, memoryMb: 600, gpus: 0 };
    const byMemory = await runProject(
      root,
      ids.map((id) => stageOf({ id, run: `echo 2${id} > {outputs.out}`, resources: heavy })),
      { jobs: 3 },
    );
    expect(mostAtOnce(byMemory)).toBe(1);
  });

  it('runs a stage that needs more than exists alone, and says so', async () => {
    const root = makeProject();
    const result = await runProject(root, [
      stageOf({ id: 'small', run: 'echo s > {outputs.out}' }),
      stageOf({ id: 'huge', run: 'echo h > {outputs.out}', resources: { cpus: 1, memoryMb: 64_000, gpus: 1 } }),
    ]);
    expect(told(result)).toEqual(['small ran', 'huge ran']);
    expect(mostAtOnce(result)).toBe(1);
    expect(warnings(result)).toEqual([
      'huge needs 64000 MB of memory; there are 1000: it runs alone',
      'huge needs 1 gpus; there are 0: it runs alone',
    ]);
  });

  it('executes an action that two instances share once', async () => {
    const root = makeProject();
    const run = `echo x >> ${root}/count; echo y > {outputs.out}`;
    const result = await runProject(root, [stageOf({ id: 'one', run }), stageOf({ id: 'two', run })]);
    expect(told(result)).toEqual(['one ran', 'two cached']);
    expect(readFileSync(join(root, 'count'), 'utf8')).toBe('x\n');
    expect(result.outcomes[1]!.executionId).toBe(result.outcomes[0]!.executionId);
    const failing = `echo x >> ${root}/count; exit 1`;
    const failed = await runProject(
      root,
      [stageOf({ id: 'one', run: failing }), stageOf({ id: 'two', run: failing })],
      { keepGoing: true },
    );
    expect(told(failed)).toEqual(['one failed', 'two failed']);
    expect(readFileSync(join(root, 'count'), 'utf8')).toBe('x\nx\n');
  });

  it('starts nothing more after a failure and lets what runs finish', async () => {
    const root = makeProject();
    const result = await runProject(
      root,
      [
        stageOf({ id: 'slow', run: `while [ ! -e ${root}/failed ]; do sleep 0.01; done; echo s > {outputs.out}` }),
        stageOf({ id: 'bad', run: 'echo wrong >&2; exit 3' }),
        stageOf({ id: 'needs', run: 'echo n > {outputs.out}', inputs: { in: 'bad.out' } }),
        stageOf({ id: 'free', run: 'echo f > {outputs.out}' }),
      ],
      {
        onEvent: (event) =>
          event.kind === 'stage-finished' && event.outcome.instance === 'bad' && writeProjectFile(root, 'failed', ''),
      },
    );
    expect(told(result)).toEqual(['slow ran', 'bad failed', 'needs skipped', 'free skipped']);
    expect(failureText(root, result, 'bad')).toMatchInlineSnapshot(`
      "stage-failed: bad exited with code 3
        | wrong
      next: assay log bad"
    `);
  });

  it('goes on with what does not need the failed stage when told to', async () => {
    const root = makeProject();
    const result = await runProject(
      root,
      [
        stageOf({ id: 'bad', run: 'exit 3' }),
        stageOf({ id: 'needs', run: 'echo n > {outputs.out}', inputs: { in: 'bad.out' } }),
        stageOf({ id: 'further', run: 'echo n > {outputs.out}', inputs: { in: 'needs.out' } }),
        stageOf({ id: 'free', run: 'echo f > {outputs.out}' }),
      ],
      { keepGoing: true, jobs: 1 },
    );
    expect(told(result)).toEqual(['bad failed', 'needs skipped', 'further skipped', 'free ran']);
  });

  it('runs a forced stage though it is cached, without its checkpoint, and warns when it gives other bytes', async () => {
    const root = makeProject();
    const instances = [
      stageOf({ id: 'above', run: `echo x >> ${root}/count; wc -l < ${root}/count > {outputs.out}` }),
      stageOf({ id: 'below', run: 'cp {inputs.in} {outputs.out}', inputs: { in: 'above.out' } }),
    ];
    await runProject(root, instances);
    const forced = await runProject(root, instances, { force: ['above'] });
    expect(told(forced)).toEqual(['above ran', 'below ran']);
    expect(forced.outcomes[0]!.reasons).toEqual([{ kind: 'forced' }]);
    expect(warnings(forced)).toEqual([
      expect.stringMatching(/^above is not reproducible: the same action \([0-9a-f]{12}\) gave other bytes for out$/),
    ]);
  });

  it('runs a failed stage again as often as it may, and keeps its checkpoint between the attempts', async () => {
    const root = makeProject();
    const run =
      'echo x >> checkpoint/tries; [ $(wc -l < checkpoint/tries) = 3 ] || exit 1; cp checkpoint/tries {outputs.out}';
    const result = await runProject(root, [stageOf({ id: 'flaky', run, retries: 2 })]);
    expect(told(result)).toEqual(['flaky ran']);
    expect(result.events.filter(({ kind }) => kind === 'stage-retrying')).toEqual([
      { kind: 'stage-retrying', instance: 'flaky', attempt: 2, problem: 'flaky exited with code 1' },
      { kind: 'stage-retrying', instance: 'flaky', attempt: 3, problem: 'flaky exited with code 1' },
    ]);
    await withEngine(root, ({ lineage }) => {
      expect(lineage.executionsOf('flaky', 9).map(({ attempt, status }) => [attempt, status])).toEqual([
        [3, 'ok'],
        [2, 'failed'],
        [1, 'failed'],
      ]);
    });
    expect(existsSync(join(root, 'artifacts/quarantine'))).toBe(true);
  });
});
