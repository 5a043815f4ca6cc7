import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkNode } from '../../lib/cli/check-machine.ts';
import { parseGitStatus } from '../../lib/cli/git-facts.ts';
import { makeProject, transcript } from './rig.ts';

describe('the command line', () => {
  const empty = makeProject({});
  const chain = makeProject();
  const inEmpty = async (...args: string[]): Promise<string> => transcript(await empty.assay(args));
  const inChain = async (...args: string[]): Promise<string> => transcript(await chain.assay(args));

  it('prints help when bare, and its version', async () => {
    const bare = await empty.assay([]);
    const help = await empty.assay(['--help']);
    expect(bare).toEqual(help);
    expect(`\n${bare.stdout}`).toMatchInlineSnapshot(`
      "
      Usage: assay [options] [command]

      Runs a declared pipeline of stages, stores every result under the hash of its
      content, and reruns only what an edit has invalidated.

      Options:
        --version                           print the version
        --project <dir>                     the folder that holds pipeline.yaml
                                            (default: the nearest one upwards)
        -h, --help                          print help

      Commands:
        run [options] [targets...]          run what is stale, and all that the
                                            targets need
        plan [options] [targets...]         what would run, and why
        why [options] <stage>               the exact fields that make a stage stale,
                                            and why it last ran
        status [options] [targets...]       each stage now, the last run, the size of
                                            the store
        log [options] <stage>               a stage's executions and what the latest
                                            wrote
        show [options] <what>               an artifact with its content, or a run
        lineage [options] <artifact>        what an artifact was made from, and what
                                            was made from it
        graph [options]                     the pipeline as a drawing
        diff [options] <runA> <runB>        params, verdicts, artifacts and metrics
                                            that differ between two runs
        report [options] [run]              one page about a run in one file: results,
                                            plots, pictures, lineage, and whether all
                                            is as signed
        serve [options]                     the same page of the newest run, live in a
                                            browser of this machine, until Ctrl-C
        audit                               compare datasets record by record, with
                                            one another or with a manifest
        manifest [options] <what>           the small file to publish beside a
                                            dataset: its root, counts and classes
        prove [options] [record] [dataset]  prove that a record is in a dataset, or
                                            check such a proof without the dataset
                                            (exit code 3)
        taint [options] <what> [dataset]    everything made from an artifact, or every
                                            dataset and model that a record reached
        origins [options] <what>            every source of an artifact with its
                                            digest, and the stages between, with code
                                            and params
        attest [options] <what>             an artifact in a form that other tools
                                            read
        export [options] <artifact> <path>  write a verified copy of an artifact that
                                            is yours to edit
        gc [options]                        remove stored bytes that no result reaches
        verify [options] [what]             read all that is stored, or a signed
                                            model, and say what is not as it was (exit
                                            code 3)
        doctor [options]                    check this machine and this store
        init                                write a small pipeline to start from
        keys [options]                      the keys that sign statements, the log and
                                            frozen models
        freeze [options] <what>             sign every file and layer of a model, and
                                            keep the model; verify tells later what
                                            became of it
        help [command]                      print the help of a command

      Examples:
        assay init
        assay run
        assay plan
        assay why poison
      "
    `);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await empty.assay(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints the help of a command with examples', async () => {
    expect(await inEmpty('run', '--help')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      Usage: assay run [options] [targets...]

      run what is stale, and all that the targets need

      Arguments:
        targets              stages, instances or outputs (default: the targets of
                             pipeline.yaml, or all)

      Options:
        --jobs <n>           stages at one time (default: the number of cores)
        --force [stage]      run again although cached: this stage, or without a name
                             the targets
        --keep-going         after a failure, run what does not need the failed stage
        --json               print one JSON event a line
        --profile <name>     overlay this profile of pipeline.yaml
        --set <param=value>  set a param; may be given again
        -h, --help           print help

      Examples:
        assay run
        assay run evaluate --set attack.count=1200
        assay run --profile mnist --jobs 4
        assay run 'poison[chosen=7,count=600]'
        assay run --force retrain
      --- stderr
      "
    `);
  });

  it('asks whether a neighbour was meant', async () => {
    expect(await inEmpty('rum')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error: unknown command 'rum'
      (Did you mean run?)
      "
    `);
    expect(await inEmpty('run', '--keep-goin')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error: unknown option '--keep-goin'
      (Did you mean --keep-going?)
      "
    `);
    expect(await inEmpty('graph', '--format', 'svg')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error: option '--format <format>' argument 'svg' is invalid. Allowed choices are text, mermaid, dot, json.
      "
    `);
    expect(await inEmpty('run', '--jobs', 'many')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error: option '--jobs <n>' argument 'many' is invalid. It must be a whole number from 1.
      "
    `);
    expect(await inEmpty('why')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error: missing required argument 'stage'
      "
    `);
  });

  it('says where it looked for a pipeline', async () => {
    expect(await inEmpty('run')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[no-pipeline] neither <project> nor a folder above it holds a pipeline.yaml
        assay init writes a small one; --project DIR names another folder
      "
    `);
    expect(await inEmpty('plan', '--project', 'nowhere')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[no-pipeline] <project>/nowhere holds no pipeline.yaml
        assay init writes a small one
      "
    `);
  });

  it('finds the project from a folder inside it, and by --project from outside', async () => {
    mkdirSync(join(chain.root, 'deep/er'), { recursive: true });
    const inside = await chain.assay(['graph'], { cwd: join(chain.root, 'deep/er') });
    const outside = await empty.assay(['--project', chain.root, 'graph']);
    expect(inside.code).toBe(0);
    expect(outside.stdout).toBe(inside.stdout);
  });

  it('points at every fault of the pipeline file, and starts nothing', async () => {
    const broken = makeProject({
      'pipeline.yaml': `version: 1
stages:
  fetch: { shell: "true", outputs: { data: file } }
  next: { shell: "true", inputs: { data: fetch.dta }, params: [sed], outputs: { data: file } }
`,
    });
    expect(transcript(await broken.assay(['run']))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:4:42 error[unknown-input] stage "next" reads "fetch.dta", which no stage produces.
          next: { shell: "true", inputs: { data: fetch.dta }, params: [sed], outputs: { data: file } }
                                                 ~~~~~~~~~   did you mean "fetch.data"?  (stage "fetch", line 3)

      pipeline.yaml:4:64 error[unknown-param] stage "next": there is no param "sed".
          next: { shell: "true", inputs: { data: fetch.dta }, params: [sed], outputs: { data: file } }
                                                                       ~~~
      "
    `);
  });

  it('refuses targets, params and profiles that are not there', async () => {
    expect(await inChain('run', 'poisn')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-target] "poisn" is no stage, instance or output of pipeline.yaml.
        did you mean "poison"?
      "
    `);
    expect(await inChain('run', '--set', 'attack.cuont=3')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-param] --set attack.cuont=3: there is no param "attack.cuont" to change.
        did you mean "attack.count"?
      "
    `);
    expect(await inChain('run', '--set', 'attack.count')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[bad-override] --set attack.count: write a param, "=" and a value.
        --set attack.count=600
      "
    `);
    expect(await inChain('run', '--profile', 'mnist')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-profile] there is no profile "mnist".
        the pipeline has no profiles
      "
    `);
    expect(await inChain('show', 'poison.data')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[not-made] poison.data has not been made yet
        assay run 'poison.data'
      "
    `);
  });
});

describe('assay init', () => {
  it('writes a pipeline that runs, and never over one that is there', async () => {
    const project = makeProject({});
    expect(transcript(await project.assay(['init']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      wrote pipeline.yaml and stages/greet.js
      next: assay run
      --- stderr
      "
    `);
    expect(transcript(await project.assay(['run']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      greet  ran      never run  <time>

      hello, world

      1 stage: 1 ran, <time>
      --- stderr
      greet  running  never run
      "
    `);
    expect(transcript(await project.assay(['init']))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[init-exists] <project>/pipeline.yaml exists already
        assay run runs it
      "
    `);
  });
});

describe('assay doctor', () => {
  it('checks machine and project, and ends with 0 when nothing fails', async () => {
    const project = makeProject();
    const { code, stdout } = await project.assay(['doctor', '--json']);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] };
    expect({ code, failed: checks.filter(({ status }) => status === 'fail') }).toEqual({ code: 0, failed: [] });
    expect(checks.map(({ name }) => name)).toMatchInlineSnapshot(`
      [
        "node",
        "compiler",
        "sqlite",
        "compute onnx",
        "compute tfjs-node",
        "compute wasm",
        "compute cpu",
        "compute",
        "disk",
        "pipeline",
        "store",
      ]
    `);
  });

  it('ends with 1 when something fails, and says what to do', async () => {
    const project = makeProject({
      'pipeline.yaml': 'version: 1\nparams: { mirror: null }\nstages:\n  a: { shell: "true", outputs: { x: file } }\n',
    });
    const { code, stdout } = await project.assay(['doctor'], { env: { ASSAY_MIRROR: './missing' } });
    expect({ code, mirror: /.*mirror.*\n.*fix.*/.exec(stdout)?.[0] }).toMatchInlineSnapshot(`
      {
        "code": 1,
        "mirror": "fail  mirror             <project>/missing does not exist
            fix: check --set mirror, ASSAY_MIRROR or params.mirror",
      }
    `);
  });

  it('compares versions by number', () => {
    expect(checkNode('20.19.0', '>=20.19').status).toBe('ok');
    expect(checkNode('20.9.0', '>=20.19')).toEqual({
      name: 'node',
      status: 'fail',
      finding: 'Node 20.9.0, needed >=20.19',
      fix: 'install Node >=20.19',
    });
    expect(checkNode('22.0.0', '>=20.19').status).toBe('ok');
  });
});

describe('parseGitStatus', () => {
  const oid = 'a'.repeat(40);

  it('reads commit and dirt, and knows no commit in a new repository', () => {
    expect(parseGitStatus(`# branch.oid ${oid}\n# branch.head main\n`)).toEqual({ commit: oid, isDirty: false });
    expect(parseGitStatus(`# branch.oid ${oid}\n? new.txt\n`)).toEqual({ commit: oid, isDirty: true });
    expect(parseGitStatus('# branch.oid (initial)\n# branch.head main\n')).toBeNull();
  });
});
