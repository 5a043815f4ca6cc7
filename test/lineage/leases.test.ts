import { spawnSync } from 'node:child_process';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { hostIdentity, isSameProcess, processBirth } from '../../lib/lineage/process-identity.ts';
import { STALE_LEASE_MS } from '../../lib/lineage/processes.ts';
import { actionKey } from '../../lib/model/action.ts';
import { ended, makeRig, nextMessage, startChild } from './rig.ts';
import { executionStart, makeAction, named, runStart } from './samples.ts';

const KEY = named('key');

/** A process that takes the lease, starts a run and an execution, and then waits to be ended. */
const HOLDER = `
  import { Lineage } from '../../lib/lineage/lineage.ts';
  import { systemClock } from '../../lib/base/clock.ts';
  import { executionStart, makeAction, named, runStart } from './samples.ts';
  const lineage = Lineage.open(process.argv[2], { clock: systemClock });
  const answer = lineage.acquireLease(named('key'), process.pid, 'train');
  const runId = lineage.startRun(runStart());
  const executionId = lineage.startExecution(executionStart(makeAction({ makes: { data: 'x' } }), { runId }));
  process.on('message', () => {
    lineage.releaseLease(named('key'), process.pid);
    process.send('released');
  });
  process.send({ answer, runId, executionId });`;

interface Held {
  answer: unknown;
  runId: number;
  executionId: number;
}

describe('a lease', () => {
  it('is held by one executor of a key at a time', () => {
    const { lineage } = makeRig();
    const { pid } = process;
    expect(lineage.acquireLease(KEY, pid, 'train')).toEqual({ acquired: true });
    expect(lineage.acquireLease(KEY, pid, 'train')).toEqual({ acquired: true });
    expect(lineage.acquireLease(KEY, pid, 'train[seed=2]')).toEqual({ acquired: false, pid });
    expect(lineage.acquireLease(named('other key'), pid, 'train[seed=2]')).toEqual({ acquired: true });
    lineage.releaseLease(KEY, pid);
    lineage.releaseLease(KEY, pid);
    expect(lineage.acquireLease(KEY, pid, 'train[seed=2]')).toEqual({ acquired: true });
  });

  it('is refused to another process while its holder lives, and taken over once it was killed', async () => {
    const { lineage, path } = makeRig();
    const child = startChild(HOLDER, [path]);
    const held = (await nextMessage(child)) as Held;
    expect(held.answer).toEqual({ acquired: true });
    expect(lineage.acquireLease(KEY, process.pid, 'train')).toEqual({ acquired: false, pid: child.pid });
    lineage.releaseLease(KEY, process.pid);
    expect(lineage.acquireLease(KEY, process.pid, 'train')).toEqual({ acquired: false, pid: child.pid });
    expect(lineage.markLost()).toEqual([]);

    child.kill('SIGKILL');
    await ended(child);
    expect(lineage.acquireLease(KEY, process.pid, 'train')).toEqual({ acquired: true });
    expect(lineage.markLost().map(({ id, status, pid }) => ({ id, status, pid }))).toEqual([
      { id: held.executionId, status: 'lost', pid: child.pid },
    ]);
    expect(lineage.findRun(held.runId)?.status).toBe('lost');
    expect(lineage.findRun(1)?.status).toBe('running');
    expect(lineage.markLost()).toEqual([]);
    // The lease taken over is not the dead one's any more.
    expect(lineage.acquireLease(KEY, process.pid, 'other')).toEqual({ acquired: false, pid: process.pid });
  });

  it('goes to the next process when its holder gives it back', async () => {
    const { lineage, path } = makeRig();
    const child = startChild(HOLDER, [path]);
    await nextMessage(child);
    child.send('release');
    expect(await nextMessage(child)).toBe('released');
    expect(lineage.acquireLease(KEY, process.pid, 'train')).toEqual({ acquired: true });
  });

  it('is taken over from another process that was given the same pid', () => {
    const { lineage, path } = makeRig();
    lineage.acquireLease(KEY, process.pid, 'train');
    pretend(path, { birth: '1' });
    expect(lineage.acquireLease(KEY, process.pid, 'other')).toEqual({ acquired: true });
  });

  it('of another host is respected until five heartbeats were missed', () => {
    const { lineage, path, clock } = makeRig();
    lineage.acquireLease(KEY, process.pid, 'train');
    pretend(path, { host: 'another host' });
    clock.ms += STALE_LEASE_MS - 1;
    expect(lineage.acquireLease(KEY, process.pid, 'train')).toEqual({ acquired: false, pid: process.pid });
    clock.ms += 1;
    expect(lineage.acquireLease(KEY, process.pid, 'train')).toEqual({ acquired: true });
  });

  it('is kept alive by its heartbeat', () => {
    const { lineage, path, clock } = makeRig();
    lineage.acquireLease(KEY, process.pid, 'train');
    clock.ms += STALE_LEASE_MS;
    lineage.renewLeases(process.pid);
    pretend(path, { host: 'another host' });
    expect(lineage.acquireLease(KEY, process.pid, 'train')).toEqual({ acquired: false, pid: process.pid });
  });

  it('is given to exactly one of several processes that ask at once', async () => {
    const { lineage, path } = makeRig();
    const children = [1, 2, 3, 4].map(() => startChild(HOLDER, [path]));
    const held = (await Promise.all(children.map(nextMessage))) as Held[];
    expect(held.filter(({ answer }) => (answer as { acquired: boolean }).acquired)).toHaveLength(1);
    expect(lineage.markLost()).toEqual([]);
  });
});

describe('a lost execution', () => {
  it('is one whose process the caller says is gone; it still may end when that was wrong', () => {
    const { lineage, runId, clock } = makeRig();
    const action = makeAction({ makes: { data: 'x' } });
    const id = lineage.startExecution(executionStart(action, { runId }));
    clock.ms += 60_000;
    expect(lineage.markLost(() => false).map((execution) => [execution.id, execution.endedAtMs])).toEqual([
      [id, clock.ms],
    ]);
    expect(lineage.findRun(runId)).toMatchObject({ status: 'lost', endedAtMs: clock.ms });
    expect(lineage.hasRun(actionKey(action))).toBe(false);
    lineage.endRun(runId, 'ok', clock.ms);
    expect(lineage.findRun(runId)?.status).toBe('ok');
  });

  it('of a pid that was never seen is left to the caller', () => {
    const { lineage } = makeRig();
    const runId = lineage.startRun(runStart());
    const id = lineage.startExecution(
      executionStart(makeAction({ makes: { data: 'x' } }), { runId, pid: 2 ** 22 + 1 }),
    );
    expect(lineage.markLost(() => true)).toEqual([]);
    expect(lineage.markLost((pid) => pid === process.pid).map((execution) => execution.id)).toEqual([id]);
  });
});

describe('the identity of a process', () => {
  it('is the same as long as it lives', () => {
    expect(processBirth(process.pid)).toBe(processBirth(process.pid));
    expect(isSameProcess(process.pid, processBirth(process.pid)!)).toBe(true);
    expect(hostIdentity()).toBe(hostIdentity());
  });

  it('ends with it', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    expect(processBirth(pid)).toBeUndefined();
    expect(processBirth(0)).toBeUndefined();
    expect(processBirth(-1)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('has ended in a zombie that its parent did not look at', async () => {
    // The shell is replaced by a sleep, which never looks at the child it inherits.
    const source = `
      import { spawn } from 'node:child_process';
      const shell = spawn('/bin/sh', ['-c', 'true & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
      shell.stdout.once('data', (pid) => process.send([shell.pid, Number(pid)]));`;
    const child = startChild(source, []);
    const [parent, zombie] = (await nextMessage(child)) as [number, number];
    await expect.poll(() => processBirth(zombie)).toBeUndefined();
    process.kill(parent, 'SIGKILL');
  });
});

function pretend(path: string, change: { host?: string; birth?: string }): void {
  const database = new Database(path);
  for (const [column, value] of Object.entries(change)) database.prepare(`UPDATE process SET ${column} = ?`).run(value);
  database.close();
}
