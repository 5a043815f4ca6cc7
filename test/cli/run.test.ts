import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeDataset } from '../../lib/dataset/dataset-folder.ts';
import { makeSplit, type Shape, type Split } from '../../lib/dataset/split.ts';
import { CHAIN, makeProject, transcript, type Project } from './rig.ts';

describe('assay run', () => {
  it('runs what is stale, shows the outputs named by show, and says how many ran', async () => {
    const project = makeProject();
    expect(transcript(await project.assay(['run']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch     ran      never run  <time>
      poison    ran      never run  <time>
      evaluate  ran      never run  <time>

      accuracy 0.94

      3 stages: 3 ran, <time>
      --- stderr
      fetch     running  never run
      poison    running  never run
      evaluate  running  never run
      "
    `);
    expect(transcript(await project.assay(['run']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch     cached   11 B
      poison    cached   32 B
      evaluate  cached   53 B

      accuracy 0.94

      3 stages: 3 cached, <time>
      --- stderr
      "
    `);
    expect(readFileSync(join(project.root, 'artifacts/view/evaluate/table'), 'utf8')).toBe('accuracy 0.94\n');
  });

  it('reruns only what a changed param reaches, and finds the earlier state again when it is changed back', async () => {
    const project = makeProject();
    await project.assay(['run']);
    const { stdout } = await project.assay(['run', '--set', 'attack.count=1200', '--jobs', '1']);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
      fetch     cached   11 B
      poison    ran      attack.count 600 -> 1200  <time>
      evaluate  ran      input poison is new content 4f064f69afe1 -> 28d465e3493b  <time>

      accuracy 0.88

      3 stages: 1 cached, 2 ran, <time>
      "
    `);
    const back = await project.assay(['run']);
    expect(back.stdout.trimEnd().split('\n').at(-1)).toBe('3 stages: 3 cached, <time>');
  });

  it('runs only what the targets need, and what --force names', async () => {
    const project = makeProject();
    await project.assay(['run']);
    const { stdout } = await project.assay(['run', 'poison', '--force']);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
      fetch   cached   11 B
      poison  ran      forced  <time>
      2 stages: 1 cached, 1 ran, <time>
      "
    `);
    const named = await project.assay(['run', '--force', 'fetch']);
    expect(`\n${named.stdout}`).toMatchInlineSnapshot(`
      "
      fetch     ran      forced  <time>
      poison    cached   32 B
      evaluate  cached   53 B

      accuracy 0.94

      3 stages: 2 cached, 1 ran, <time>
      "
    `);
    const unknown = await project.assay(['run', '--force', 'fetsh']);
    expect(transcript(unknown)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-stage] no stage is named "fetsh"
        did you mean "fetch"?
      "
    `);
  });

  it('ends with code 1 on a failure, and says what failed, where its traces are and what to type', async () => {
    const project = makeProject({
      'pipeline.yaml': `version: 1
stages:
  good: { shell: "echo x > {outputs.data}", outputs: { data: file } }
  bad: { shell: "echo first; echo last >&2; echo half > {outputs.data}; exit 3", outputs: { data: file } }
  after: { shell: "cat {inputs.data} > {outputs.data}", inputs: { data: bad.data }, outputs: { data: file } }
`,
    });
    const ended = await project.assay(['run', '--keep-going', '--jobs', '1']);
    const normalised = transcript(ended).replace(/staging\/[0-9a-f]{16}/, 'staging/<key>');
    expect(normalised).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      good   ran      never run  <time>
      bad    failed   exited with code 3  <time>
      after  skipped  needs bad
      3 stages: 1 ran, 1 failed, 1 skipped, <time>
      --- stderr
      good   running  never run
      bad    running  never run

      error[stage-failed] bad: exited with code 3
        | first
        | last
        log: artifacts/staging/<key>/log.txt
        partial outputs: artifacts/quarantine/2
        next: assay log bad

      "
    `);
    const log = await project.assay(['log', 'bad']);
    // Whether so short a stage's memory is seen depends on the machine's load; its column's width with it.
    const seen = transcript(log)
      .replace(/ [\d.]+ [kM]B/, '')
      .replaceAll(/ {2,}/g, '  ');
    expect(seen).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      execution  started  stage  status  took  exit  memory  why
        2  <moment>  bad  failed  <time>  3  never run

      log of execution 2
        first
        last
      --- stderr
      "
    `);
  });

  it('prints one JSON event a line and nothing else with --json', async () => {
    const project = makeProject();
    const { code, stdout, stderr } = await project.assay(['run', '--json', '--jobs', '1']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect({
      code,
      stderr,
      events: events.map((event) => `${event.event} ${event.instance ?? event.output ?? ''}`.trim()),
    }).toMatchInlineSnapshot(`
      {
        "code": 0,
        "events": [
          "run-started",
          "stage-started fetch",
          "stage-output fetch",
          "stage-finished fetch",
          "stage-started poison",
          "stage-output poison",
          "stage-finished poison",
          "stage-started evaluate",
          "stage-finished evaluate",
          "shown evaluate.table",
          "run-finished",
        ],
        "stderr": "",
      }
    `);
    expect(events.at(-2)).toEqual({ event: 'shown', output: 'evaluate.table', text: 'accuracy 0.94\n' });
    expect(events.at(-1)).toEqual({ event: 'run-finished', runId: 1, status: 'ok', durationMs: expect.any(Number) });
  });

  it('prints the note of a profile before the run starts', async () => {
    const project = makeProject();
    project.write(
      'pipeline.yaml',
      CHAIN.replace(
        'stages:\n',
        'profiles: { big: { attack: { count: 9000 } } }\nnotes: { big: takes an hour on one core }\nstages:\n',
      ),
    );
    const { stderr } = await project.assay(['run', '--profile', 'big', 'fetch']);
    expect(`\n${stderr}`).toMatchInlineSnapshot(`
      "
      takes an hour on one core
      fetch  running  never run
      "
    `);
  });

  it('fills a null mirror from ASSAY_MIRROR and makes a relative one absolute', async () => {
    const project = makeProject({
      'pipeline.yaml': `version: 1
params: { mirror: null }
stages:
  fetch: { program: stages/fetch.js, unkeyed: [mirror], outputs: { data: file } }
show: [fetch.data]
`,
      'stages/fetch.js': `import { readFileSync, writeFileSync } from 'node:fs';
const context = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
writeFileSync(context.outputs.data.path, 'mirror ' + context.unkeyed.mirror);`,
      'sub/here': '',
    });
    const shown = async (args: string[], env: NodeJS.ProcessEnv = {}): Promise<string | undefined> => {
      const { stdout } = await project.assay(['run', '--force', ...args], { env, cwd: join(project.root, 'sub') });
      return /mirror .*/.exec(stdout)?.[0];
    };
    expect(await shown([])).toBe('mirror null');
    expect(await shown([], { ASSAY_MIRROR: 'files' })).toBe('mirror <project>/sub/files');
    expect(await shown([], { ASSAY_MIRROR: 'https://mirror.example/sets' })).toBe('mirror https://mirror.example/sets');
    expect(await shown(['--set', 'mirror=../files'], { ASSAY_MIRROR: 'x' })).toBe('mirror <project>/files');
  });

  it('records the commit of the project when stages run, and none on a cached run', async () => {
    const project = makeProject();
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: project.root,
        encoding: 'utf8',
      });
    git('init', '-q');
    git('add', 'pipeline.yaml', 'stages');
    git('commit', '-qm', 'all');
    const head = git('rev-parse', 'HEAD').trim();
    await project.assay(['run']);
    await project.assay(['run']);
    project.write('stages/score.mjs', `${readFileSync(join(project.root, 'stages/score.mjs'), 'utf8')}\n// edited\n`);
    await project.assay(['run']);
    const recorded = await Promise.all(
      [1, 2, 3].map(async (id) => {
        const { stdout } = await project.assay(['show', `run:${id}`, '--json']);
        const { commit, isDirty } = JSON.parse(stdout) as { commit: string | null; isDirty: boolean | null };
        return { commit, isDirty };
      }),
    );
    expect(recorded).toEqual([
      { commit: head, isDirty: false },
      { commit: null, isDirty: null },
      { commit: head, isDirty: true },
    ]);
  });
});

describe('expectations', () => {
  /** `clean` holds four records, `poisoned` the same and two more. */
  function makeDatasetProject(added: number): Project {
    const project = makeProject({
      'pipeline.yaml': `version: 1
stages:
  merge:
    shell: "cp {inputs.poisoned}/* {outputs.data}/"
    inputs: { clean: ./clean, poisoned: ./poisoned }
    outputs: { data: dataset }
    expect: { data: { against: clean, added: ${added}, removed: 0, changed: 0 } }
`,
    });
    const shape: Shape = [1, 1, 1];
    const train = (...values: number[]): Split =>
      makeSplit(
        shape,
        Uint8Array.from(values),
        Uint8Array.from(values, (value) => value % 2),
      );
    const common = { name: 'tiny', classes: ['even', 'odd'], shape, test: null } as const;
    const source = { kind: 'generated', generator: 'test', seed: 1 } as const;
    writeDataset(join(project.root, 'clean'), { ...common, source, train: train(1, 2, 3, 4) });
    writeDataset(join(project.root, 'poisoned'), { ...common, source, train: train(1, 2, 3, 4, 5, 6) });
    return project;
  }

  it('are told at the end of a run, of a cached one too', async () => {
    const project = makeDatasetProject(2);
    expect(transcript(await project.assay(['run']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      merge  ran      never run  <time>
      expect merge.data: added 2, removed 0, changed 0: as declared
      1 stage: 1 ran, <time>
      --- stderr
      merge  running  never run
      "
    `);
    expect((await project.assay(['run'])).stdout).toContain(
      'expect merge.data: added 2, removed 0, changed 0: as declared\n',
    );
    expect(transcript(await project.assay(['show', 'merge.data']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      merge.data
      artifact  sha256:884ac03281c32e8983e099179f61860d28cec677a27d06a920bb43b5d2b17050
      kind      dataset
      size      643 B in 3 files
      made by   merge.data  (run 1, execution 1, <moment>)

      75c240c733b2  607 B  dataset.json
      e72cb4a2b3be   22 B  train-images.idx
      acae856fb920   14 B  train-labels.idx

      dataset tiny, images 1 × 1 × 1
      class  train
      even       3
      odd        3
      all        6
      --- stderr
      "
    `);
  });

  it('fail the run when they are broken, and tell what was found', async () => {
    const project = makeDatasetProject(3);
    const { code, stdout, stderr } = await project.assay(['run']);
    expect(transcript({ code, stdout, stderr: stderr.replace(/staging\/[0-9a-f]{16}/, 'staging/<key>') }))
      .toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      merge  failed   does not give what is expected of it  <time>
      expect merge.data: added 2 where 3 is declared, removed 0, changed 0: not as declared
      1 stage: 1 failed, <time>
      --- stderr
      merge  running  never run

      error[expectation-failed] merge: does not give what is expected of it
        output "data", compared with input "clean"
          added: expected 3, found 2: train records 4-5
        partial outputs: artifacts/quarantine/1
        next: correct the stage, or its expect: in the pipeline file when the expectation is what is wrong

      "
    `);
  });
});
