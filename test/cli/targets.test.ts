import { expect, it } from 'vitest';
import { CHAIN, CHAIN_FILES, makeProject, transcript } from './rig.ts';

const TARGETS = CHAIN.replace('stages:', 'targets: ["${until}"]\nstages:').replace(
  '  seed: 1',
  '  seed: 1\n  until: poison',
);

it('run, plan and status take the targets of pipeline.yaml, and --set changes them', async () => {
  const project = makeProject({ ...CHAIN_FILES, 'pipeline.yaml': TARGETS });
  expect(transcript(await project.assay(['run']))).toMatchInlineSnapshot(`
    "
    exit 0
    --- stdout
    fetch   ran      never run  <time>
    poison  ran      never run  <time>
    2 stages: 2 ran, <time>
    --- stderr
    fetch   running  never run
    poison  running  never run
    "
  `);
  expect((await project.assay(['plan'])).stdout).toMatchInlineSnapshot(`
    "fetch   cached  11 B
    poison  cached  32 B
    2 stages: 2 cached
    "
  `);
  expect((await project.assay(['status'])).stdout.split('\n').slice(0, 3)).toMatchInlineSnapshot(`
    [
      "fetch   cached  11 B  last ran <moment>",
      "poison  cached  32 B  last ran <moment>",
      "2 stages: 2 cached",
    ]
  `);
  expect((await project.assay(['status', 'evaluate'])).stdout.split('\n').slice(0, 4)).toMatchInlineSnapshot(`
    [
      "fetch     cached  11 B       last ran <moment>",
      "poison    cached  32 B       last ran <moment>",
      "evaluate  stale   never run",
      "3 stages: 2 cached, 1 stale",
    ]
  `);
  expect((await project.assay(['plan', '--set', 'until=evaluate'])).stdout).toMatchInlineSnapshot(`
    "fetch     cached  11 B
    poison    cached  32 B
    evaluate  stale   never run
    3 stages: 2 cached, 1 stale
    "
  `);
});

it('names the entry of targets that is none', async () => {
  const project = makeProject({ ...CHAIN_FILES, 'pipeline.yaml': TARGETS });
  expect(transcript(await project.assay(['run', '--set', 'until=poisson']))).toMatchInlineSnapshot(`
    "
    exit 2
    --- stdout
    --- stderr
    pipeline.yaml:6:11 error[unknown-target] targets: "poisson" is no stage, instance or output.
      targets: ["\${until}"]
                ~~~~~~~~~~   did you mean "poison"?
    "
  `);
});

it('takes an output with a dot in its name, of an instance with one in its coordinates too', async () => {
  const project = makeProject({
    'pipeline.yaml': `version: 1
params: { rate: 1 }
stages:
  tabulate: { shell: "echo rows > {outputs.table.txt}", matrix: { rate: [0.5, 1] }, outputs: { table.txt: file } }
  join: { shell: "cat {inputs.all}/* > {outputs.table.txt}", inputs: { all: "tabulate[*].table.txt" }, outputs: { table.txt: file } }
`,
  });
  const run = await project.assay(['run', 'tabulate[rate=0.5].table.txt']);
  expect(run.stdout).toContain('1 stage: 1 ran');
  expect((await project.assay(['show', 'tabulate[rate=0.5].table.txt'])).stdout).toMatch(
    /^tabulate\[rate=0\.5\]\.table\.txt\n/,
  );
  expect((await project.assay(['run', 'join.table.txt'])).code).toBe(0);
  expect((await project.assay(['show', 'join.table.txt'])).stdout).toMatch(/rows\nrows\n$/);
});
