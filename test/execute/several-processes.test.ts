/** Runs that meet other runs, are stopped, or are killed. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { writeDataset } from '../../lib/dataset/dataset-folder.ts';
import { makeSplit } from '../../lib/dataset/split.ts';
import { isProcessRunning } from '../../lib/lineage/processes.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import {
  failureText,
  makeProject,
  outputText,
  runProject,
  stageOf,
  told,
  withEngine,
  writeProjectFile,
} from '../support/execute-rig.ts';
import { buildDriver, spawnRun } from '../support/spawn-run.ts';
import { fileAppears } from '../support/wait-for-file.ts';

let driver: string;
beforeAll(async () => {
  driver = await buildDriver();
});
afterAll(() => rmSync(driver));

const isMessage = (event: RunEvent): boolean => event.kind === 'stage-message';
const say = (text: string): string => `echo '{"type":"message","text":"${text}"}' >&3`;
const waitFor = (path: string): string => `while [ ! -e ${path} ]; do sleep 0.01; done`;
const pidIn = (path: string): number => Number(readFileSync(path, 'utf8'));

describe('two runs that want the same result', () => {
  it('execute it once: the second waits and takes what the first made', async () => {
    const root = makeProject();
    const run = `echo x >> ${root}/count; ${say('up')}; ${waitFor(`${root}/go`)}; echo made > {outputs.out}`;
    const instances = [
      stageOf({ id: 'x', run }),
      stageOf({ id: 'y', run: 'cat {inputs.in} > {outputs.out}', inputs: { in: 'x.out' } }),
    ];
    const first = spawnRun(driver, root, instances);
    await first.event(isMessage);
    const second = spawnRun(driver, root, instances);
    expect(await second.event(({ kind }) => kind === 'stage-waiting')).toEqual({
      kind: 'stage-waiting',
      instance: 'x',
      pid: first.process.pid,
    });
    writeProjectFile(root, 'go', '');
    expect([await first.ended, await second.ended]).toEqual([0, 0]);
    const outcomes = (events: readonly RunEvent[]) =>
      events.flatMap((event) =>
        event.kind === 'stage-finished' ? [`${event.outcome.instance} ${event.outcome.outcome}`] : [],
      );
    expect(outcomes(first.events)[0]).toBe('x ran');
    expect(outcomes(second.events)[0]).toBe('x shared');
    expect(readFileSync(join(root, 'count'), 'utf8')).toBe('x\n');
    expect(second.events.filter(({ kind }) => kind === 'stage-waiting').length).toBeLessThanOrEqual(2);
  });

  it('what the second is given is held against what it expects itself', async () => {
    const root = makeProject();
    const clean = makeSplit([1, 1, 1], Uint8Array.of(10, 11), Uint8Array.of(0, 1));
    const source = { kind: 'derived', operation: 'test', parents: [] } as const;
    mkdirSync(join(root, 'clean'));
    writeDataset(join(root, 'clean'), {
      name: 'tiny',
      classes: ['a', 'b'],
      shape: [1, 1, 1],
      train: clean,
      test: null,
      source,
    });
    const run = `${say('up')}; ${waitFor(`${root}/go`)}; cp {inputs.clean}/* {outputs.data}`;
    const copy = (expected: number) =>
      stageOf({
        ...{ id: 'x', run, inputs: { clean: './clean' }, outputs: { data: 'dataset' } },
        expect: { data: { against: null, count: expected } },
      });
    const first = spawnRun(driver, root, [copy(2)]);
    await first.event(isMessage);
    const second = runProject(root, [copy(3)], {
      onEvent: ({ kind }) => kind === 'stage-waiting' && writeProjectFile(root, 'go', ''),
    });
    expect(told(await second)).toEqual(['x failed']);
    expect(failureText(root, await second, 'x')).toMatch(/^expectation-failed: .*\n.*\n {2}count: expected 3, found 2/);
    expect(await first.ended).toBe(0);
  });

  it('a process that was held up so long that another took over keeps its result for itself, and touches nothing', async () => {
    const root = makeProject();
    const run = `echo out > {outputs.out}; echo half > checkpoint/half; ${say('up')}; ${waitFor(`${root}/go`)}`;
    const takeOver = (): void => {
      const database = new Database(join(root, 'artifacts/lineage.db'));
      const sql = `INSERT INTO process (host, pid, birth, heartbeat_at_ms) VALUES ('elsewhere', 1, '', ?)`;
      const { lastInsertRowid } = database.prepare(sql).run(systemClock.nowMs());
      database.prepare('UPDATE lease SET process_id = ?').run(lastInsertRowid);
      database.close();
      writeProjectFile(root, 'go', '');
    };
    const result = await runProject(root, [stageOf({ id: 'x', run, retries: 1 })], {
      onEvent: (event) => isMessage(event) && takeOver(),
    });
    expect(failureText(root, result, 'x')).toMatchInlineSnapshot(`
      "lease-lost: x: this process gave no sign of life for so long that another took the stage over; its result is not kept
      next: run again, to use what the other process makes"
    `);
    const [sandbox] = readdirSync(join(root, 'artifacts/staging'));
    expect(readdirSync(join(root, 'artifacts/staging', sandbox!, 'outputs'))).toEqual(['out']);
    await withEngine(root, ({ lineage }) => {
      expect(lineage.findResult(result.outcomes[0]!.key!)).toBeUndefined();
      expect(lineage.executionsOf('x', 9).map(({ status }) => status)).toEqual(['failed']);
    });
  });

  it('the second goes on itself when the first is killed', async () => {
    const root = makeProject();
    const run = `${say('up')}; ${waitFor(`${root}/go`)}; echo made > {outputs.out}`;
    const first = spawnRun(driver, root, [stageOf({ id: 'x', run })]);
    await first.event(isMessage);
    const second = spawnRun(driver, root, [stageOf({ id: 'x', run })]);
    await second.event(({ kind }) => kind === 'stage-waiting');
    first.process.kill('SIGKILL');
    await second.event(isMessage);
    writeProjectFile(root, 'go', '');
    expect(await second.ended).toBe(0);
    expect(second.events.at(-1)).toMatchObject({ kind: 'stage-finished', outcome: { outcome: 'ran' } });
  });
});

describe('a run that is stopped', () => {
  it('ends the grandchildren too, records what was interrupted and keeps the checkpoint', async () => {
    const root = makeProject();
    const deaf = `sh -c 'trap "" TERM; echo $$ > ${root}/p; mv ${root}/p ${root}/deaf; while :; do sleep 1; done'`;
    const run = `[ -e checkpoint/half ] && { cp checkpoint/half {outputs.out}; exit 0; }; echo half > checkpoint/half; ${deaf} & wait`;
    const instances = [
      stageOf({ id: 'x', run }),
      stageOf({ id: 'below', run: 'echo b > {outputs.out}', inputs: { in: 'x.out' } }),
    ];
    const abort = new AbortController();
    const ended = runProject(root, instances, { signal: abort.signal });
    await fileAppears(join(root, 'deaf'));
    abort.abort();
    expect(told(await ended)).toEqual(['x interrupted', 'below interrupted']);
    expect(isProcessRunning(pidIn(join(root, 'deaf')))).toBe(false);
    await withEngine(root, ({ lineage }) => {
      const [execution] = lineage.executionsOf('x', 1);
      expect(execution).toMatchObject({ status: 'interrupted', signal: 'SIGTERM', exitCode: null });
      expect(lineage.acquireLease(execution!.key, process.pid, 'other')).toEqual({ acquired: true });
      lineage.releaseLease(execution!.key, process.pid);
    });
    const again = await runProject(root, instances);
    expect(told(again)).toEqual(['x ran', 'below ran']);
    expect(await outputText(root, again, 'x')).toBe('half\n');
  });

  it('waits for another run no longer', async () => {
    const root = makeProject();
    const run = `${say('up')}; ${waitFor(`${root}/go`)}; echo made > {outputs.out}`;
    const first = spawnRun(driver, root, [stageOf({ id: 'x', run })]);
    await first.event(isMessage);
    const abort = new AbortController();
    const waiting = await runProject(root, [stageOf({ id: 'x', run })], {
      signal: abort.signal,
      onEvent: ({ kind }) => kind === 'stage-waiting' && abort.abort(),
    });
    expect(told(waiting)).toEqual(['x interrupted']);
    writeProjectFile(root, 'go', '');
    expect(await first.ended).toBe(0);
  });
});

describe('a run that is killed', () => {
  it('takes its modules with it, and the next run continues from the checkpoint', async () => {
    const root = makeProject({
      'stages/x.ts': `
        import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
        import { runStage } from '../lib/stage-api/run-stage.ts';
        import { reportMessage } from '../lib/stage-api/report.ts';
        runStage(async (ctx) => {
          const half = ctx.checkpointFolder + '/half';
          if (existsSync(half)) return writeFileSync(ctx.output('out'), 'continued ' + readFileSync(half));
          writeFileSync(half + '.new', 'half');
          renameSync(half + '.new', half);
          reportMessage(String(process.pid));
          await new Promise((resolve) => setTimeout(resolve, 1e6));
        });`,
    });
    const instances = [stageOf({ id: 'x', run: { module: 'stages/x.ts' } })];
    const first = spawnRun(driver, root, instances);
    const message = await first.event(isMessage);
    const [sandbox] = readdirSync(join(root, 'artifacts/staging'));
    await fileAppears(join(root, 'artifacts/staging', sandbox!, 'checkpoint.json'), '"half"');
    first.process.kill('SIGKILL');
    await first.ended;
    const result = await runProject(root, instances);
    expect(await outputText(root, result, 'x')).toBe('continued half');
    expect(message.kind === 'stage-message' && isProcessRunning(Number(message.message))).toBe(false);
    await withEngine(root, ({ lineage }) => {
      expect(lineage.executionsOf('x', 9).map(({ status }) => status)).toEqual(['ok', 'lost']);
    });
  });

  it('leaves commands behind, which the next run stops whatever it runs itself', async () => {
    const root = makeProject();
    const run = `trap '' TERM; echo $$ > ${root}/p; mv ${root}/p ${root}/pid; ${say('up')}; ${waitFor('/nowhere')}`;
    const first = spawnRun(driver, root, [stageOf({ id: 'x', run })]);
    await first.event(isMessage);
    first.process.kill('SIGKILL');
    await first.ended;
    const left = pidIn(join(root, 'pid'));
    expect(isProcessRunning(left)).toBe(true);
    const other = await runProject(root, [stageOf({ id: 'other', run: 'echo o > {outputs.out}' })]);
    expect(told(other)).toEqual(['other ran']);
    expect(isProcessRunning(left)).toBe(false);
    expect(other.events[0]).toEqual({
      kind: 'warning',
      message: expect.stringMatching(/^an earlier run was killed; \d+ processes it left in x were stopped$/) as string,
    });
  });
});
