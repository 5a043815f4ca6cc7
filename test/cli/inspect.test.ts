import { chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHAIN, makeProject, transcript, type Project } from './rig.ts';

/** Two runs, the second after an edit of a param; then an edit that has not run yet. */
let project: Project;

beforeAll(async () => {
  project = makeProject();
  await project.assay(['run', '--jobs', '1']);
  project.write('pipeline.yaml', CHAIN.replace('count: 600', 'count: 900'));
  await project.assay(['run', '--jobs', '1']);
  project.write('pipeline.yaml', CHAIN.replace('count: 600', 'count: 1200'));
});

const see = async (...args: string[]): Promise<string> => transcript(await project.assay(args));
/** Memory is measured, so it differs and may be missing; its column goes. */
const withoutMemory = (text: string): string =>
  text.replaceAll(/ {2,}\d+(\.\d+)? [kM]B/g, '').replaceAll(/ {2,}/g, '  ');

describe('assay plan', () => {
  it('says what is stale and why, and what an undecided stage waits on', async () => {
    expect(await see('plan')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch     cached     11 B
      poison    stale      attack.count 900 -> 1200
      evaluate  undecided  waits on poison
      3 stages: 1 cached, 1 stale, 1 undecided
      --- stderr
      "
    `);
    expect(await see('plan', 'fetch', '--force')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch  stale  forced
      1 stage: 1 stale
      --- stderr
      "
    `);
  });

  it('has the same as JSON', async () => {
    const { stdout } = await project.assay(['plan', '--json']);
    const { stages, counts } = JSON.parse(stdout) as {
      stages: { instance: string; verdict: string }[];
      counts: unknown;
    };
    expect(stages.map(({ instance, verdict }) => `${instance} ${verdict}`)).toEqual([
      'fetch cached',
      'poison stale',
      'evaluate undecided',
    ]);
    expect(counts).toEqual({ cached: 1, stale: 1, undecided: 1 });
  });
});

describe('assay why', () => {
  it('lists the exact fields that changed, and why the stage last ran', async () => {
    expect(await see('why', 'poison')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      poison is stale
        attack.count 900 -> 1200
      last ran <moment> (run 2, execution 4), took <time>, because
        attack.count 600 -> 900
      --- stderr
      "
    `);
    expect(await see('why', 'evaluate')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      evaluate is undecided: it reads what poison has yet to make
      last ran <moment> (run 2, execution 5), took <time>, because
        input poison is new content 4f064f69afe1 -> 68bdf2cc5015
      --- stderr
      "
    `);
    expect(await see('why', 'fetch')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch is cached: nothing that may change its outputs has changed
      last ran <moment> (run 1, execution 1), took <time>, because
        never run
      --- stderr
      "
    `);
    expect(await see('why', 'fetsch')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-stage] no stage is named "fetsch"
        did you mean "fetch"?
      "
    `);
  });
});

describe('assay status', () => {
  it('gives each stage, the last run and the size of the store', async () => {
    const { code, stdout } = await project.assay(['status']);
    expect({ code, stdout: `\n${stdout.replace(/store: .*/, 'store: <size>')}` }).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stdout": "
      fetch     cached     11 B                      last ran <moment>
      poison    stale      attack.count 900 -> 1200  last ran <moment>
      evaluate  undecided  waits on poison           last ran <moment>
      3 stages: 1 cached, 1 stale, 1 undecided
      last run: 2, ok, <moment>
      store: <size>
      ",
      }
    `);
  });
});

describe('assay log', () => {
  it('lists executions and prints the log of the latest, or of the one asked for', async () => {
    expect(withoutMemory(await see('log', 'poison'))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      execution  started  stage  status  took  exit  memory  why
        4  <moment>  poison  ok  <time>  0  attack.count 600 -> 900
        2  <moment>  poison  ok  <time>  0  never run

      log of execution 4
        joined 3 lines
      --- stderr
      "
    `);
    const { stdout } = await project.assay(['log', 'fetch', '--execution', '1', '--json']);
    const json = JSON.parse(stdout) as { log: unknown; executions: unknown[] };
    expect(json.log).toEqual({ executionId: 1, text: 'joined 2 lines\n' });
    expect(json.executions).toHaveLength(1);
  });

  it('refuses a stage or an execution that never was', async () => {
    expect(await see('log', 'poisin')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[never-executed] no stage "poisin" was ever executed in this store
        did you mean "poison"?
      "
    `);
    expect(await see('log', 'poison', '--execution', '99')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-execution] poison has no execution 99
        the latest are 4, 2
      "
    `);
  });
});

describe('assay show', () => {
  it('prints metrics, text and who made them', async () => {
    expect(await see('show', 'evaluate.metrics')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      evaluate.metrics  of an earlier run: the pipeline has changed since
      artifact  sha256:25ae0269fb58628e0e2e00f29235a24c5b80b52ebec7194d61607ca7a1e95847
      kind      metrics
      size      39 B in 1 file
      made by   evaluate.metrics  (run 2, execution 5, <moment>)

      accuracy     0.91
      confusion.a  900
      --- stderr
      "
    `);
    expect(await see('show', 'evaluate.table')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      evaluate.table  of an earlier run: the pipeline has changed since
      artifact  sha256:0788a6ae5dc455aa1b0271d65c3c1355a55580ad8f5785cb048d7539ae820dd7
      kind      file
      size      14 B in 1 file
      made by   evaluate.table  (run 2, execution 5, <moment>)

      accuracy 0.91
      --- stderr
      "
    `);
    expect(await see('show', 'fetch.data')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch.data
      artifact  sha256:20baf2d3b1c5f7b5c520f2548da0b44bfef23ce532a3b07fa55cc84a184d2773
      kind      file
      size      11 B in 1 file
      made by   fetch.data  (run 1, execution 1, <moment>)

      {"seed":1}
      --- stderr
      "
    `);
  });

  it('takes the first digits of a digest, and lists what a short one may mean', async () => {
    const { digest } = JSON.parse((await project.assay(['show', 'fetch.data', '--json'])).stdout) as { digest: string };
    const { stdout } = await project.assay(['show', digest.slice('sha256:'.length, 'sha256:'.length + 8), '--json']);
    expect((JSON.parse(stdout) as { digest: string }).digest).toBe(digest);
    expect(await see('show', '000000')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-artifact] no artifact's digest begins with 000000
        assay lineage <stage.output> lists the digests around an output
      "
    `);
    expect(await see('show', 'ab')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-artifact] "ab" is too short for a digest
        give at least 4 hex digits
      "
    `);
  });

  it('prints a run', async () => {
    const { stdout } = await project.assay(['show', 'run:2']);
    expect(`\n${stdout.replace(/by \S+ on \S+/, 'by <user> on <host>')}`).toMatchInlineSnapshot(`
      "
      run      2, ok
      started  <moment> by <user> on <host>
      took  <time>
      command  assay run --jobs 1
      version  assay 0.1.0

      fetch     cached  11 B
      poison    ran     attack.count 600 -> 900  <time>
      evaluate  ran     input poison is new content 4f064f69afe1 -> 68bdf2cc5015  <time>
      3 stages: 1 cached, 2 ran, <time>
      "
    `);
    expect(await see('show', 'run:9')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-run] there is no run 9
        the latest is run 2
      "
    `);
  });

  it('says what is wrong with a name', async () => {
    expect(await see('show', 'evaluate')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[ambiguous-artifact] stage evaluate has several outputs
        name one:
          evaluate.metrics
          evaluate.table
      "
    `);
    expect(await see('show', 'evaluate.metric')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-output] stage evaluate has no output "metric"
        did you mean "evaluate.metrics"?
      "
    `);
  });
});

describe('assay lineage', () => {
  it('draws both directions, or one', async () => {
    expect(await see('lineage', 'poison.data')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      poison.data  68bdf2cc5015  run 2, execution 4

      made from
      └─ data: fetch.data  20baf2d3b1c5  run 1, execution 1

      used for
      ├─ as poison: evaluate.metrics  25ae0269fb58  run 2, execution 5
      └─ as poison: evaluate.table  0788a6ae5dc4  run 2, execution 5
      --- stderr
      "
    `);
    expect(await see('lineage', 'fetch.data', '--down')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch.data  20baf2d3b1c5  run 1, execution 1

      used for
      ├─ as data: poison.data  4f064f69afe1  run 1, execution 2
      │  ├─ as poison: evaluate.metrics  2cdecbcd2822  run 1, execution 3
      │  └─ as poison: evaluate.table  2c829c25f4af  run 1, execution 3
      ├─ as clean: evaluate.metrics  2cdecbcd2822  run 1, execution 3
      ├─ as clean: evaluate.table  2c829c25f4af  run 1, execution 3
      ├─ as data: poison.data  68bdf2cc5015  run 2, execution 4
      │  ├─ as poison: evaluate.metrics  25ae0269fb58  run 2, execution 5
      │  └─ as poison: evaluate.table  0788a6ae5dc4  run 2, execution 5
      ├─ as clean: evaluate.metrics  25ae0269fb58  run 2, execution 5
      └─ as clean: evaluate.table  0788a6ae5dc4  run 2, execution 5
      --- stderr
      "
    `);
    const { stdout } = await project.assay(['lineage', 'poison.data', '--up', '--json']);
    const { up, down } = JSON.parse(stdout) as { up: { name: string; usedAs: string }[]; down: unknown };
    expect({ up: up.map(({ name, usedAs }) => ({ name, usedAs })), down }).toEqual({
      up: [{ name: 'fetch.data', usedAs: 'data' }],
      down: null,
    });
  });

  it('names a file of the project by its path', async () => {
    const reading = makeProject({
      'pipeline.yaml': `version: 1
stages:
  copy: { shell: "tr a-z A-Z < {inputs.words} > {outputs.text}", inputs: { words: ./texts/words.txt }, outputs: { text: file } }
`,
      'texts/words.txt': 'a word\n',
    });
    await reading.assay(['run']);
    const { stdout } = await reading.assay(['lineage', 'copy.text']);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
      copy.text  ebfb0d5f4beb  run 1, execution 1

      made from
      └─ words: ./texts/words.txt  3e127ec459de

      used for
        no other artifact
      "
    `);
    const [, digest = ''] = /words: \S+ {2}(\w+)/.exec(stdout) ?? [];
    const { stdout: down } = await reading.assay(['lineage', digest]);
    expect(`\n${down}`).toMatchInlineSnapshot(`
      "
      ./texts/words.txt  3e127ec459de

      made from
        no other artifact

      used for
      └─ as words: copy.text  ebfb0d5f4beb  run 1, execution 1
      "
    `);
  });
});

describe('assay diff', () => {
  it('shows what differs between two runs', async () => {
    expect(await see('diff', '1', '2')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      run 1  <moment>  ok
      run 2  <moment>  ok

      fetch  ran -> cached
      poison  ran
        attack.count 600 -> 900
        output data  4f064f69afe1 -> 68bdf2cc5015
      evaluate  ran
        input poison is new content 4f064f69afe1 -> 68bdf2cc5015
        output metrics  2cdecbcd2822 -> 25ae0269fb58
        output table    2c829c25f4af -> 0788a6ae5dc4
        metrics.accuracy     0.94 -> 0.91  (-0.03)
        metrics.confusion.a  600 -> 900    (+300)
      --- stderr
      "
    `);
    expect(await see('diff', '1', '7')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-run] there is no run 7
        the latest is run 2
      "
    `);
  });
});

describe('assay graph', () => {
  it('draws the pipeline in four notations', async () => {
    for (const format of ['text', 'mermaid', 'dot'] as const) {
      expect(await see('graph', '--format', format)).toMatchSnapshot(format);
    }
    const { stdout } = await project.assay(['graph', '--json']);
    expect((JSON.parse(stdout) as { edges: unknown[] }).edges).toEqual([
      { from: 'fetch', output: 'data', to: 'poison', input: 'data' },
      { from: 'fetch', output: 'data', to: 'evaluate', input: 'clean' },
      { from: 'poison', output: 'data', to: 'evaluate', input: 'poison' },
    ]);
  });
});

describe('assay export', () => {
  it('writes a copy to edit, and never over what is there', async () => {
    const target = join(project.root, 'copy.txt');
    expect(await see('export', 'fetch.data', 'copy.txt')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      exported fetch.data to copy.txt: 1 file, 11 B, verified
      --- stderr
      "
    `);
    expect(readFileSync(target, 'utf8')).toBe('{"seed":1}\n');
    writeFileSync(target, 'mine now');
    expect(await see('export', 'fetch.data', 'copy.txt')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[target-exists] copy.txt exists already
        name a path that does not exist
      "
    `);
    expect(readFileSync(target, 'utf8')).toBe('mine now');
    expect(await see('show', 'fetch.data', '--json').then((text) => text.includes('mine now'))).toBe(false);
  });

  it('warns when what it exports is of an earlier state', async () => {
    expect(await see('export', 'poison.data', 'old.txt')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      exported poison.data to old.txt: 1 file, 32 B, verified
      --- stderr
      warning: poison.data is stale: this is the result of an earlier run
      "
    `);
  });
});

describe('assay gc', () => {
  it('removes what no result reaches, and only says so with --dry-run', async () => {
    const orphan = join(
      project.root,
      'artifacts/objects/2c/f24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    );
    project.write('artifacts/objects/2c/f24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 'hello');
    expect(await see('gc', '--dry-run')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      would remove 1 stored file, 5 B
      --- stderr
      "
    `);
    expect(existsSync(orphan)).toBe(true);
    expect(await see('gc')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      removed 1 stored file, 5 B
      --- stderr
      "
    `);
    expect(existsSync(orphan)).toBe(false);
    expect(await see('gc')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      nothing to remove: every stored file is reached by a result
      --- stderr
      "
    `);
    const { stdout } = await project.assay(['plan', '--json']);
    expect((JSON.parse(stdout) as { counts: unknown }).counts).toEqual({ cached: 1, stale: 1, undecided: 1 });
  });
});

describe('a blob that was edited in the store', () => {
  it('is found by doctor and made again by the next run', async () => {
    const damaged = makeProject();
    await damaged.assay(['run']);
    const objects = join(damaged.root, 'artifacts/objects');
    for (const name of readdirSync(objects, { recursive: true, encoding: 'utf8' })) {
      const path = join(objects, name);
      if (!statSync(path).isFile() || readFileSync(path, 'utf8') !== 'accuracy 0.94\n') continue;
      chmodSync(path, 0o644);
      writeFileSync(path, 'accuracy 0.99\n');
    }
    const doctor = await damaged.assay(['doctor']);
    expect({ code: doctor.code, artifacts: /.*artifacts.*\n.*fix.*/.exec(doctor.stdout)?.[0] }).toMatchInlineSnapshot(`
      {
        "artifacts": "fail  artifacts          1 current artifact damaged
            fix: assay run makes them again",
        "code": 1,
      }
    `);
    const run = await damaged.assay(['run']);
    expect(transcript(run)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      fetch     cached   11 B
      poison    cached   32 B
      evaluate  ran      artifact table: file missing from the store  <time>

      accuracy 0.94

      3 stages: 2 cached, 1 ran, <time>
      --- stderr
      evaluate  running  artifact table: file missing from the store
      "
    `);
  });
});
