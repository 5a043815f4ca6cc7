/** What needs more than one process or a terminal: interrupts, two runs at one time, bars, colours, closed pipes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { builtAssay } from '../support/built-assay.ts';
import { makeProject, transcript, type Project } from './rig.ts';

/** Says that it runs, then waits until the file `go` appears in the project. */
const WAITING_STAGE = `
import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
const context = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
const say = (message) => writeSync(Number(process.env.ASSAY_MESSAGES_FD), JSON.stringify(message) + '\\n');
if (context.params.isDeaf) process.on('SIGTERM', () => undefined);
say({ type: 'message', text: 'pid ' + process.pid });
for (let done = 1; !existsSync(context.params.go); done++) {
  say({ type: 'progress', done: Math.min(done, 99), total: 100, unit: 'steps', label: 'loss ' + (1 / done).toFixed(2) });
  await new Promise((resolve) => setTimeout(resolve, 50));
}
writeFileSync(context.outputs.data.path, 'done\\n');
`;

function makeWaitingProject(isDeaf = false): Project {
  const project = makeProject({ 'stages/wait.js': WAITING_STAGE });
  project.write(
    'pipeline.yaml',
    `version: 1
params: { go: ${JSON.stringify(join(project.root, 'go'))}, isDeaf: ${isDeaf} }
stages:
  wait: { program: stages/wait.js, params: [go, isDeaf], outputs: { data: file } }
  after: { shell: "cat {inputs.data} > {outputs.data}", inputs: { data: wait.data }, outputs: { data: file } }
show: [after.data]
`,
  );
  return project;
}

/** Resolves with the match when stderr has it; listens beside whoever else reads the stream. */
function watch(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (piece: Buffer) => {
      text += piece.toString('utf8');
      const found = pattern.exec(text);
      if (found !== null) resolve(found);
    });
    child.once('close', () => reject(new Error(`stderr ended without ${pattern}:\n${text}`)));
  });
}

/** How far a stage comes before a signal depends on the machine. */
const withoutProgress = (text: string): string => withoutPids(text).replaceAll(/.*\d+ of 100 steps.*\n/g, '');
const withoutPids = (text: string): string => text.replaceAll(/(pid|process) \d+/g, '$1 <pid>');

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

describe('Ctrl-C', () => {
  it('stops the stages, says so, and ends with 130; the next run goes on', async () => {
    const project = makeWaitingProject();
    const child = project.start(['run']);
    const ended = project.ended(child);
    const [, pid] = await watch(child, /pid (\d+)/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(isRunning(Number(pid))).toBe(false);
    expect({
      code,
      stdout: `\n${stdout}`,
      stderr: `\n${withoutProgress(stderr)}`,
    }).toMatchInlineSnapshot(`
      {
        "code": 130,
        "stderr": "
      wait   running  never run
      wait: pid <pid>
      warning: interrupted; stopping the running stages (Ctrl-C again kills them at once)
      ",
        "stdout": "
      wait   interrupted  never run  <time>
      after  interrupted
      2 stages: 2 interrupted, <time>
      ",
      }
    `);
    project.write('go', '');
    const next = await project.assay(['run']);
    expect(next.code).toBe(0);
    expect((await project.assay(['show', 'run:1'])).stdout.split('\n')[0]).toBe('run      1, interrupted');
  });

  it('twice kills a stage that will not stop, at once', async () => {
    const project = makeWaitingProject(true);
    const child = project.start(['run']);
    const ended = project.ended(child);
    const [, pid] = await watch(child, /pid (\d+)/);
    const stopping = watch(child, /interrupted; stopping/);
    child.kill('SIGINT');
    await stopping;
    expect(isRunning(Number(pid))).toBe(true);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(isRunning(Number(pid))).toBe(false);
  });
});

describe('two runs at one time', () => {
  it('make a result once: the second waits, says so, and shares it', async () => {
    const project = makeWaitingProject();
    const first = project.start(['run', 'wait']);
    const firstEnded = project.ended(first);
    await watch(first, /pid (\d+)/);
    const second = project.start(['run', 'wait']);
    const secondEnded = project.ended(second);
    await watch(second, /waits for another assay/);
    project.write('go', '');
    const [one, two] = [await firstEnded, await secondEnded];
    expect(one.stdout).toMatch(/^wait +ran/m);
    expect(withoutPids(transcript(two))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      wait  shared   made by another run  <time>
      1 stage: 1 shared, <time>
      --- stderr
      wait: waits for another assay (process <pid>), which is making the same result
      "
    `);
  });
});

describe('the streams', () => {
  it('are silent when the reader of stdout leaves early', async () => {
    const project = makeWaitingProject();
    project.write('go', '');
    await project.assay(['run']);
    const { status, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `"${process.execPath}" "${builtAssay()}" graph --json | true; "${process.execPath}" "${builtAssay()}" log wait | head -1`,
      ],
      { cwd: project.root, encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('are coloured with FORCE_COLOR and never with NO_COLOR', async () => {
    const project = makeWaitingProject();
    const plain = await project.assay(['plan']);
    const coloured = await project.assay(['plan'], { env: { FORCE_COLOR: '1' } });
    const both = await project.assay(['plan'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\u001b[');
    expect(coloured.stdout).toContain('\u001b[33mstale\u001b[39m');
    expect(both.stdout).toBe(plain.stdout);
  });

  const hasScript = spawnSync('script', ['--version']).status === 0;
  it.skipIf(!hasScript)('draw bars on a terminal and leave only whole lines behind (needs script)', async () => {
    const project = makeWaitingProject();
    const child = spawn('script', ['-qec', `"${process.execPath}" "${builtAssay()}" run`, '/dev/null'], {
      cwd: project.root,
      env: { PATH: process.env.PATH, HOME: project.root, ASSAY_KEYS: project.keys, TERM: 'xterm', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    const barSeen = new Promise<void>((resolve) => {
      child.stdout.on('data', (piece: Buffer) => {
        text += piece.toString('utf8');
        if (/wait {3}█*░+ +\d+ % {2}\d+\/100 steps/.test(text)) resolve();
      });
    });
    await barSeen;
    project.write('go', '');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    expect(`\n${withoutPids(project.normalise(screenOf(text))).replaceAll(/ {2,}/g, '  ')}\n`).toMatchInlineSnapshot(`
      "
      wait: pid <pid>
      wait  ran  never run  <time>
      after  ran  never run  <time>

      done

      2 stages: 2 ran, <time>
      "
    `);
  });
});

/** What a terminal shows at the end: enough of one for carriage returns, cursor movements and erasing. */
function screenOf(text: string): string {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  for (const [token, parameter = '', command] of text.matchAll(/\u001b\[\??([\d;]*)([A-Za-z])|\r|\n|[^\r\n\u001b]+/g)) {
    const count = Number(parameter || 1);
    if (token === '\r') column = 0;
    else if (token === '\n') row++;
    else if (command === 'A') row = Math.max(0, row - count);
    else if (command === 'G') column = count - 1;
    else if (command === 'K') lines[row] = parameter === '2' ? '' : (lines[row] ?? '').slice(0, column);
    else if (command === 'J') {
      lines.length = Math.min(lines.length, row + 1);
      lines[row] = (lines[row] ?? '').slice(0, column);
    } else if (command === undefined) {
      const line = (lines[row] ?? '').padEnd(column);
      lines[row] = line.slice(0, column) + token + line.slice(column + token.length);
      column += token.length;
    }
    while (lines.length <= row) lines.push('');
  }
  return lines.join('\n').trimEnd();
}
