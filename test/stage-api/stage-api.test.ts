import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContextFile } from '../../lib/stage-api/context-file.ts';
import { writeStageProgram } from '../support/stage-program.ts';

const CONTEXT: ContextFile = {
  version: 1,
  params: { seed: 3 },
  unkeyed: {},
  inputs: {
    data: { path: '/in/data', artifact: 'sha256:aa' as never },
    scores: {
      members: [
        { label: 'chosen=7', coordinates: { chosen: 7 }, path: '/in/scores/a', artifact: 'sha256:bb' as never },
      ],
    },
  },
  outputs: { table: { path: '/out/table', kind: 'file' } },
  checkpoint: '/checkpoint',
  compute: null,
};

const IMPORTS = `
import { runStage } from '../lib/stage-api/run-stage.ts';
import { reportProgress, reportMessage } from '../lib/stage-api/report.ts';
import { StageError } from '../lib/stage-api/stage-error.ts';
`;

interface Prepared {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

function prepare(source: string, context: unknown = CONTEXT): Prepared {
  const folder = mkdtempSync(join(tmpdir(), 'assay-'));
  const program = join(folder, 'stage.mjs');
  writeStageProgram(program, IMPORTS + source);
  writeFileSync(join(folder, 'context.json'), JSON.stringify(context));
  return {
    program,
    env: { PATH: process.env.PATH, ASSAY_CONTEXT: join(folder, 'context.json'), ASSAY_MESSAGES_FD: '3' },
  };
}

function run(source: string, context: unknown = CONTEXT) {
  const { program, env } = prepare(source, context);
  const child = spawnSync(process.execPath, [program], {
    env,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  return { code: child.status, stdout: child.stdout, stderr: child.stderr, messages: child.output[3] ?? '' };
}

describe('a stage program', () => {
  it('reads its params, inputs, fan-in and outputs from the context', () => {
    const result = run(`runStage(async (ctx) => console.log(JSON.stringify([
      ctx.params, ctx.input('data'), ctx.inputArtifact('data'), ctx.members('scores'), ctx.output('table'), ctx.checkpointFolder, ctx.compute,
    ])));`);
    expect(result).toEqual({
      code: 0,
      stdout:
        '[{"seed":3},"/in/data","sha256:aa",[{"label":"chosen=7","coordinates":{"chosen":7},"path":"/in/scores/a","artifact":"sha256:bb"}],"/out/table","/checkpoint",null]\n',
      stderr: '',
      messages: '',
    });
  });

  it('says how to run it when it was started by hand', () => {
    const { program } = prepare(`runStage(() => {});`);
    const child = spawnSync(process.execPath, [program], { env: { PATH: process.env.PATH }, encoding: 'utf8' });
    expect(child.status).toBe(1);
    expect(child.stderr).toBe(
      'context-missing: stage.mjs is a stage program: ASSAY_CONTEXT is not set, so it has no inputs, params or outputs.\n' +
        '  run it through assay: assay run <stage>, with the name that the stage has in pipeline.yaml\n',
    );
  });

  it.each([
    [
      `ctx.input('dta')`,
      'context-undeclared: the program asks for input "dta", which its stage does not declare; it declares data, scores.\n' +
        '  add "dta" under inputs: of the stage in pipeline.yaml, or correct the name in the program\n',
    ],
    [
      `ctx.input('scores')`,
      'context-fan-in: input "scores" is a fan-in of 1 members, not one artifact.\n  read it with ctx.members("scores")\n',
    ],
    [
      `ctx.members('data')`,
      'context-fan-in: input "data" is one artifact, not a fan-in.\n  read it with ctx.input("data")\n',
    ],
  ])('fails with the names it may use when it calls %s', (call, expected) => {
    const result = run(`runStage((ctx) => { ${call}; });`);
    expect([result.code, result.stderr]).toEqual([1, expected]);
  });

  it('refuses a context of another version', () => {
    const result = run(`runStage(() => {});`, { ...CONTEXT, version: 2 });
    expect(result.stderr).toMatch(
      /^context-unreadable: .*context\.json is a context of version 2; this stage-api reads version 1\.\n {2}use the assay of the same release as the stage-api that the program imports\n$/,
    );
  });

  it('prints a fault of the user without a stack and any other error with its stack', () => {
    const told = run(`runStage(() => { throw new StageError('source-gone', 'no such file', { hint: 'fetch it' }); });`);
    expect([told.code, told.stderr]).toEqual([1, 'source-gone: no such file\n  fetch it\n']);
    const bug = run(`runStage(() => { throw new TypeError('broken', { cause: new Error('below') }); });`);
    expect(bug.code).toBe(1);
    expect(bug.stderr).toMatch(/^TypeError: broken\n {4}at [^]*\ncaused by Error: below\n {4}at /);
  });

  it('fails when it ends before its work does', () => {
    const result = run(`runStage(() => new Promise(() => {}));`);
    expect([result.code, result.stderr]).toEqual([
      1,
      'stage-unfinished: the program ended before its work did: it waits for something that can no longer happen.\n',
    ]);
  });

  it('ends when its work is done, whatever is still open', () => {
    expect(run(`setInterval(() => {}, 1000); runStage(() => {});`).code).toBe(0);
  });

  it('sends messages and only the progress that moves the bar by half a percent', () => {
    const result = run(`runStage(() => {
      reportMessage('begins');
      for (let i = 0; i <= 10000; i++) reportProgress({ done: i, total: 10000, unit: 'steps' });
      reportProgress({ done: 1, total: 2, unit: 'images', label: 'x' });
    });`);
    const lines = result.messages.trimEnd().split('\n');
    expect(lines[0]).toBe('{"type":"message","text":"begins"}');
    expect(lines[1]).toBe('{"type":"progress","done":0,"total":10000,"unit":"steps","label":""}');
    expect(lines.at(-2)).toBe('{"type":"progress","done":10000,"total":10000,"unit":"steps","label":""}');
    expect(lines.at(-1)).toBe('{"type":"progress","done":1,"total":2,"unit":"images","label":"x"}');
    // 0, then each 0.5 % (one more step where the quotient rounds below it), then the end.
    expect(lines.length - 2).toBeGreaterThanOrEqual(197);
    expect(lines.length - 2).toBeLessThanOrEqual(201);
  });

  it('ends when the engine goes away: idle, by its stdin', async () => {
    const child = start(`runStage(async () => { console.log('up'); await new Promise((r) => setTimeout(r, 1e6)); });`);
    await said(child, 'up');
    child.stdin!.end();
    expect(await ended(child)).toBe(1);
  });

  it('ends when the engine goes away: busy, by its messages', async () => {
    const child = start(`runStage(() => {
      console.log('up');
      for (let i = 0; ; i++) reportMessage('still here');
    });`);
    await said(child, 'up');
    child.stdin!.end();
    (child.stdio[3] as unknown as { destroy(): void }).destroy();
    expect(await ended(child)).toBe(1);
  });
});

function start(source: string): ChildProcess {
  const { program, env } = prepare(source);
  return spawn(process.execPath, [program], { env, stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
}

function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => child.stdout!.on('data', (data) => String(data).includes(text) && resolve()));
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}
