import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isProcessRunning } from '../../lib/lineage/processes.ts';
import { findMarkedProcesses } from '../../lib/execute/processes.ts';
import { runProcess, type ProcessRequest } from '../../lib/execute/run-process.ts';
import { markerOf } from '../../lib/execute/sandbox-paths.ts';
import { fileAppears } from '../support/wait-for-file.ts';
import { stopMarked } from '../../lib/execute/stop-group.ts';

type Asked = Partial<ProcessRequest> & Pick<ProcessRequest, 'argv'>;

function request(asked: Asked) {
  const cwd = mkdtempSync(join(tmpdir(), 'assay-'));
  const texts: string[] = [];
  const messages: unknown[] = [];
  const malformed: string[] = [];
  const full: ProcessRequest = {
    cwd,
    env: { PATH: process.env.PATH as string },
    contextPath: join(cwd, 'context.json'),
    logPath: join(cwd, 'log.txt'),
    stdin: 'null',
    timeoutMs: null,
    graceMs: 100,
    signal: new AbortController().signal,
    onText: (stream, text) => texts.push(`${stream}: ${text}`),
    onMessage: (message) => messages.push(message),
    onMalformed: (line) => malformed.push(line),
    ...asked,
  };
  return { request: full, cwd, texts, messages, malformed };
}

const shell = (line: string): Pick<ProcessRequest, 'argv'> => ({ argv: ['/bin/sh', '-c', line] });

describe('runProcess', () => {
  it('gives the exit code, the log and its last lines, and shows the text by whole lines', async () => {
    const run = request(shell('printf "a\\nb"; printf "wrong\\n" >&2; exit 3'));
    const end = await runProcess(run.request);
    expect(end).toMatchObject({ how: 'exited', exitCode: 3, signal: null, startError: null, leftRunning: false });
    expect([...end.logTail].sort()).toEqual(['a', 'b', 'wrong']);
    expect(run.texts.sort()).toEqual(['stderr: wrong\n', 'stdout: a\n', 'stdout: b\n']);
    expect(readFileSync(run.request.logPath, 'utf8').length).toBe(9);
  });

  it('keeps the last 20 lines in memory and all in the log', async () => {
    const run = request(shell('seq 1 500'));
    const end = await runProcess(run.request);
    expect(end.logTail).toEqual(Array.from({ length: 20 }, (_, i) => String(481 + i)));
    expect(readFileSync(run.request.logPath, 'utf8').split('\n').length).toBe(501);
  });

  it('shows the process exactly the environment it was given', async () => {
    const run = request({ ...shell('exec env'), env: { PATH: process.env.PATH as string, TZ: 'UTC' } });
    await runProcess(run.request);
    const names = readFileSync(run.request.logPath, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    // PWD and the like are the shell's own.
    expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name as string)).sort()).toEqual([
      'ASSAY_CONTEXT',
      'ASSAY_MESSAGES_FD',
      'PATH',
      'TZ',
    ]);
  });

  it('reads messages from any language and hands on what is none', async () => {
    const run = request(shell(`echo '{"type":"message","text":"hi"}' >&3; echo oops >&$ASSAY_MESSAGES_FD; echo >&3`));
    await runProcess(run.request);
    expect(run.messages).toEqual([{ type: 'message', text: 'hi' }]);
    expect(run.malformed).toEqual(['oops']);
  });

  it('ends the input of a command at once, and holds that of a module open', async () => {
    const end = await runProcess(request(shell('cat; echo done')).request);
    expect(end.logTail).toEqual(['done']);
    const program = `process.stdin.once('end', () => console.log('ended')).resume(); setTimeout(() => process.exit(0), 100);`;
    const held = await runProcess(request({ argv: [process.execPath, '-e', program], stdin: 'pipe' }).request);
    expect(held.logTail).toEqual([]);
  });

  it('says why a program could not be started', async () => {
    const missing = await runProcess(request({ argv: ['no-such-program'] }).request);
    expect(missing).toMatchObject({ how: 'not-started', startError: 'ENOENT', exitCode: null });
    const run = request({ argv: ['./plain.txt'] });
    writeFileSync(join(run.cwd, 'plain.txt'), 'x');
    expect(await runProcess(run.request)).toMatchObject({ how: 'not-started', startError: 'EACCES' });
  });

  it('measures the memory of the whole group', async () => {
    const program = `const held = Buffer.alloc(200 << 20, 1); setTimeout(() => held.length, 300);`;
    const end = await runProcess(request({ argv: [process.execPath, '-e', program] }).request);
    expect(end.peakMemoryBytes).toBeGreaterThan(200 * 2 ** 20);
  });

  it('ends the whole group on a timeout: with SIGTERM when that suffices', async () => {
    const run = request({ ...shell('trap "echo bye; exit 0" TERM; sleep 1000 & wait'), timeoutMs: 200 });
    expect(await runProcess(run.request)).toMatchObject({
      how: 'timed-out',
      exitCode: 0,
      logTail: ['bye'],
      survivors: [],
    });
    expect(findMarkedProcesses(markerOf(run.request.contextPath))).toEqual([]);
  });

  it('ends grandchildren that ignore SIGTERM when it is aborted', async () => {
    const abort = new AbortController();
    const deaf = `trap "" TERM; echo $$ > deaf.tmp; mv deaf.tmp deaf; while :; do sleep 1; done`;
    const run = request({ ...shell(`sh -c '${deaf}' & wait`), signal: abort.signal });
    const ended = runProcess(run.request);
    await fileAppears(join(run.cwd, 'deaf'));
    abort.abort();
    expect(await ended).toMatchObject({ how: 'aborted', exitCode: null, signal: 'SIGTERM', survivors: [] });
    expect(isProcessRunning(Number(readFileSync(join(run.cwd, 'deaf'), 'utf8')))).toBe(false);
  });

  it('finds a grandchild that has left the group and the session', async () => {
    const abort = new AbortController();
    const run = request({
      ...shell(`setsid sh -c 'trap "" TERM; echo $$ > p; mv p away; while :; do sleep 1; done' & wait`),
      signal: abort.signal,
    });
    const ended = runProcess(run.request);
    await fileAppears(join(run.cwd, 'away'));
    abort.abort();
    expect(await ended).toMatchObject({ how: 'aborted', survivors: [] });
    expect(isProcessRunning(Number(readFileSync(join(run.cwd, 'away'), 'utf8')))).toBe(false);
  });

  it('stops what a program left running when it exited', async () => {
    const run = request(shell('sleep 1000 & echo $! > left'));
    expect(await runProcess(run.request)).toMatchObject({
      how: 'exited',
      exitCode: 0,
      leftRunning: true,
      survivors: [],
    });
    expect(isProcessRunning(Number(readFileSync(join(run.cwd, 'left'), 'utf8')))).toBe(false);
  });

  it('stops at once when it was aborted before it began', async () => {
    const run = request({ ...shell('sleep 1000'), signal: AbortSignal.abort() });
    expect(await runProcess(run.request)).toMatchObject({ how: 'aborted', signal: 'SIGTERM' });
  });
});

describe('stopMarked', () => {
  it('stops what a dead engine left running in a sandbox, and nothing else', async () => {
    const run = request(shell('sleep 1000 & sleep 1000 & echo up >&3; wait'));
    const other = request(shell('echo up >&3; sleep 1000'));
    const abort = new AbortController();
    const [ended, otherEnded] = await Promise.all(
      [run, other].map(async ({ request: asked }) => {
        let end: ReturnType<typeof runProcess>;
        await new Promise<void>((up) => {
          end = runProcess({ ...asked, signal: abort.signal, onMalformed: () => up() });
        });
        return { end: end! };
      }),
    );
    expect(await stopMarked(markerOf(run.request.contextPath))).toEqual({ found: 3, survivors: [] });
    expect(await ended!.end).toMatchObject({ how: 'exited', signal: 'SIGTERM' });
    expect(findMarkedProcesses(markerOf(other.request.contextPath)).length).toBeGreaterThan(0);
    abort.abort();
    expect(await otherEnded!.end).toMatchObject({ how: 'aborted' });
  });
});
