/** What a stage can do wrong, and the whole text that the user then reads. */
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
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
  type StageText,
} from '../support/execute-rig.ts';

async function failureOf(stage: Omit<StageText, 'id'>, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = makeProject(files);
  const result = await runProject(root, [stageOf({ ...stage, id: 'x' })]);
  return failureText(root, result, 'x');
}

describe('a stage that fails', () => {
  it.each<[string, Omit<StageText, 'id'>]>([
    ['exits with a code', { run: 'echo one; echo two >&2; exit 7' }],
    ['is ended by a signal', { run: 'kill -KILL $$' }],
    ['runs too long', { run: 'sleep 1000', timeoutMs: 50 }],
    ['writes nothing', { run: 'true' }],
    ['writes one of two outputs', { run: 'echo a > {outputs.a}', outputs: { a: 'file', b: 'file' } }],
    ['writes what it does not declare', { run: 'echo a > {outputs.out}; echo b > outputs/notes.txt' }],
    ['writes a folder for a file', { run: 'mkdir {outputs.out}; echo a > {outputs.out}/a' }],
    ['writes metrics that are none', { run: 'echo "[1]" > {outputs.m}', outputs: { m: 'metrics' } }],
    ['writes an image that is no PNG', { run: 'echo GIF > {outputs.i}', outputs: { i: 'image' } }],
    ['writes a link into a folder', { run: 'ln -s /etc/hostname {outputs.d}/l', outputs: { d: 'directory' } }],
    ['removes the folder of its outputs', { run: 'rm -rf outputs' }],
    ['puts a file in the place of its outputs', { run: 'rm -rf outputs; echo x > outputs; exit 1' }],
    ['puts a file in the place of its sandbox', { run: 'cd /; rm -rf "$OLDPWD"; echo x > "$OLDPWD"; exit 1' }],
    ['removes its log', { run: 'echo said; rm log.txt; exit 1' }],
    ['has no program', { run: ['no-such-program', '--help'] }],
    ['has a program that is not in the sandbox', { run: ['./tools/run.sh'] }],
  ])('%s', async (_, stage) => {
    expect(await failureOf(stage)).toMatchSnapshot();
  });

  it('has a program that may not be executed', async () => {
    const files = { 'tools/run.sh': 'echo x' };
    expect(await failureOf({ run: ['./tools/run.sh'], files: ['tools/run.sh'] }, files)).toMatchInlineSnapshot(`
      "program-not-executable: x could not start: "./tools/run.sh" may not be executed (EACCES)
      next: run it through its interpreter, as in [python3, ./tools/run.sh], or make it executable: chmod +x ./tools/run.sh"
    `);
  });

  it('has a file where its own folders lie', async () => {
    const stage = { run: 'true', files: ['outputs/x'] };
    expect(await failureOf(stage, { 'outputs/x': '' })).toMatchInlineSnapshot(`
      "files-collide: stage "x": files: outputs/x would lie where the stage's own outputs does
      next: move it to a folder of another name than outputs, or make it an input: ./outputs/x"
    `);
  });

  it('keeps its partial outputs in quarantine and its log, and leaves nothing else', async () => {
    const root = makeProject();
    const run = 'echo part > {outputs.out}; echo said; exit 1';
    const result = await runProject(root, [stageOf({ id: 'x', run, outputs: { out: 'file', more: 'directory' } })]);
    expect(failureText(root, result, 'x')).toMatchInlineSnapshot(`
      "stage-failed: x exited with code 1
        | said
      kept: <project>/artifacts/quarantine/1
      next: assay log x"
    `);
    const id = String(result.outcomes[0]!.executionId);
    expect(readdirSync(join(root, 'artifacts/quarantine', id))).toEqual(['out']);
    const [sandbox] = readdirSync(join(root, 'artifacts/staging'));
    expect(readdirSync(join(root, 'artifacts/staging', sandbox!))).toEqual(['log.txt']);
    await withEngine(root, ({ lineage, store }) => {
      const execution = lineage.findExecution(Number(id))!;
      expect(execution).toMatchObject({ status: 'failed', exitCode: 1, outputs: [] });
      expect(store.readBlob(execution.logDigest!).toString()).toBe('said\n');
      expect(lineage.findResult(execution.key)).toBeUndefined();
    });
  });
});

describe('a sandbox', () => {
  it('shows a stage PATH, a home of its own, fixed language and time zone, and what it declares', async () => {
    const root = makeProject();
    const env = { PATH: process.env.PATH, SECRET: 'no', PYTHONHASHSEED: '0', HOME: '/home/me' };
    const run = `env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD= | sed "s|$PWD|<sandbox>|" | sort > {outputs.out}`;
    const result = await runProject(root, [stageOf({ id: 'x', run, env: ['PYTHONHASHSEED', 'UNSET'] })], { env });
    expect((await outputText(root, result, 'x')).replace(/^PATH=.*$/m, 'PATH=…')).toBe(
      [
        'ASSAY_CONTEXT=<sandbox>/context.json',
        'ASSAY_MESSAGES_FD=3',
        'HOME=<sandbox>/tmp',
        'LANG=C.UTF-8',
        'PATH=…',
        'PYTHONHASHSEED=0',
        'TMPDIR=<sandbox>/tmp',
        'TZ=UTC',
        '',
      ].join('\n'),
    );
  });

  it('holds the files that a command names, and runs it as if it stood in the project', async () => {
    const root = makeProject({
      'tools/summary.py': 'import sys\nopen(sys.argv[2], "w").write(open(sys.argv[1]).read().upper())\n',
      'data/in.txt': 'abc',
    });
    const run = ['python3', 'tools/summary.py', '{inputs.text}', '{outputs.out}'] as const;
    const stage = stageOf({ id: 'x', run, files: ['tools/*.py'], inputs: { text: './data/in.txt' } });
    const result = await runProject(root, [stage]);
    expect(await outputText(root, result, 'x')).toBe('ABC');
    writeProjectFile(root, 'data/in.txt', 'xyz');
    const edited = await runProject(root, [stage]);
    expect(told(edited)).toEqual(['x ran']);
    expect(edited.outcomes[0]!.reasons).toMatchObject([{ kind: 'changed', field: 'inputs.text' }]);
  });

  it('gives each member of a fan-in a place by its label', async () => {
    const root = makeProject();
    const member = (label: string) => ({ instance: `m[${label}]`, output: 'out', label, coordinates: { at: label } });
    const labels = ['n=2', 'n=10', 'path=a/b%2'];
    const result = await runProject(root, [
      ...labels.map((label) => stageOf({ id: `m[${label}]`, run: `echo '${label}' > {outputs.out}` })),
      stageOf({
        id: 'all',
        run: 'cd {inputs.all}; for f in *; do echo "$f: $(cat "$f")"; done > ../../{outputs.out}',
        inputs: { all: labels.map(member) },
      }),
    ]);
    expect(await outputText(root, result, 'all')).toBe('n=10: n=10\nn=2: n=2\npath=a%2Fb%252: path=a/b%2\n');
  });

  it('gives inputs that are read-only', async () => {
    const root = makeProject();
    const result = await runProject(root, [
      stageOf({ id: 'a', run: 'echo a > {outputs.out}' }),
      stageOf({ id: 'b', run: 'stat -c %a {inputs.in} > {outputs.out}', inputs: { in: 'a.out' } }),
    ]);
    expect(await outputText(root, result, 'b')).toBe('444\n');
  });
});

describe('a stage that alters what it should only read', () => {
  it('is found out, the altered blob is taken out of the store and made again by the next run', async () => {
    const root = makeProject();
    const above = stageOf({ id: 'above', run: 'echo precious > {outputs.out}' });
    const rude = stageOf({
      id: 'rude',
      run: 'chmod u+w {inputs.in}; echo X >> {inputs.in}; echo r > {outputs.out}',
      inputs: { in: 'above.out' },
    });
    const result = await runProject(root, [above, rude]);
    expect(failureText(root, result, 'rude')).toMatchInlineSnapshot(`
      "input-modified: the stage wrote into what it was given to read: inputs/in (a37214679d4c); the store's copy was altered and is in quarantine
      kept: <project>/artifacts/quarantine/2
      next: let the program write to its outputs only, then run again: what made this input runs again first"
    `);
    expect(readdirSync(join(root, 'artifacts/quarantine/blobs'))).toHaveLength(1);
    const polite = stageOf({ id: 'rude', run: 'cat {inputs.in} > {outputs.out}', inputs: { in: 'above.out' } });
    const again = await runProject(root, [above, polite]);
    expect(told(again)).toEqual(['above ran', 'rude ran']);
    expect(await outputText(root, again, 'rude')).toBe('precious\n');
  });

  it('is found out also when it fails for another reason', async () => {
    const root = makeProject();
    const result = await runProject(root, [
      stageOf({ id: 'above', run: 'echo precious > {outputs.out}' }),
      stageOf({
        id: 'rude',
        run: 'chmod u+w {inputs.in}; echo X > {inputs.in}; exit 1',
        inputs: { in: 'above.out' },
        retries: 3,
      }),
    ]);
    expect(failureText(root, result, 'rude')).toMatch(/^input-modified: /);
  });
});

describe('an edit while a stage runs', () => {
  it.each([
    ['its program', 'stages/x.ts', '\n// edited'],
    ['what its program imports', 'stages/common.ts', 'export const word = "other";'],
    ['a file of the project that it reads', 'data.txt', 'other'],
  ])("of %s makes the result nobody's", async (_, path, content) => {
    const root = makeProject({
      'stages/x.ts': `
        import { existsSync, readFileSync, writeFileSync, watch } from 'node:fs';
        import { runStage } from '../lib/stage-api/run-stage.ts';
        import { reportMessage } from '../lib/stage-api/report.ts';
        import { word } from './common.ts';
        runStage(async (ctx) => {
          writeFileSync(ctx.checkpointFolder + '/half', '');
          reportMessage('running');
          await new Promise<void>((resolve) => {
            const check = () => { if (existsSync('${'${root}'}/edited')) { watcher.close(); resolve(); } };
            const watcher = watch('${'${root}'}', check);
            check();
          });
          writeFileSync(ctx.output('out'), word + readFileSync(ctx.input('data')));
        });`,
      'stages/common.ts': 'export const word = "word";',
      'data.txt': 'data',
    });
    const source = readFileSync(join(root, 'stages/x.ts'), 'utf8').replaceAll('${root}', root);
    writeProjectFile(root, 'stages/x.ts', source);
    const stage = stageOf({ id: 'x', run: { module: 'stages/x.ts' }, inputs: { data: './data.txt' } });
    const result = await runProject(root, [stage], {
      onEvent: ({ kind }) => {
        if (kind !== 'stage-message') return;
        writeProjectFile(root, path, path === 'stages/x.ts' ? source + content : content);
        writeProjectFile(root, 'edited', '');
      },
    });
    expect(failureText(root, result, 'x').replace(path, '<path>')).toMatchInlineSnapshot(`
      "tainted-by-edit: <path> changed while the stage ran: its result belongs to neither version and is not kept
      kept: <project>/artifacts/quarantine/1
      next: run again, to use what is there now"
    `);
    await withEngine(root, ({ lineage }) => {
      expect(lineage.findExecution(result.outcomes[0]!.executionId!)!.status).toBe('tainted-by-edit');
      expect(lineage.findResult(result.outcomes[0]!.key!)).toBeUndefined();
    });
    // The checkpoint may come from either version, so neither continues from it.
    expect(readdirSync(join(root, 'artifacts/staging'))).toEqual([]);
    expect(told(await runProject(root, [stage]))).toEqual(['x ran']);
  });

  it('before the stage starts keeps it from running under the wrong key', async () => {
    const root = makeProject({ 'tool.sh': 'echo old > $1' });
    const stages = [
      stageOf({ id: 'first', run: 'echo f > {outputs.out}' }),
      stageOf({ id: 'x', run: 'sh tool.sh {outputs.out}', files: ['tool.sh'], inputs: { in: 'first.out' } }),
    ];
    const result = await runProject(root, stages, {
      onEvent: ({ kind }) => kind === 'stage-started' && writeProjectFile(root, 'tool.sh', 'echo new > $1'),
    });
    expect(failureText(root, result, 'x')).toMatchInlineSnapshot(`
      "tainted-by-edit: tool.sh changed after the run had begun, before the stage started
      next: run again, to use what is there now"
    `);
    const again = await runProject(root, stages);
    expect(await outputText(root, again, 'x')).toBe('new\n');
  });
});

it('leaves the project itself as it was', async () => {
  const root = makeProject({ 'tools/t.sh': 'echo broken > tools/t.sh; echo x > $1' });
  const before = statSync(join(root, 'tools/t.sh')).mtimeMs;
  mkdirSync(join(root, 'empty'));
  const result = await runProject(root, [
    stageOf({ id: 'x', run: 'sh tools/t.sh {outputs.out}', files: ['tools/t.sh'] }),
  ]);
  expect(told(result)).toEqual(['x ran']);
  expect(statSync(join(root, 'tools/t.sh')).mtimeMs).toBe(before);
});
