/** What a user reads when a file, a program, the store or a number is wrong: the whole text, from the real command line. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeProject, transcript, type Project } from '../cli/rig.ts';
import { makeExperiment, TINY } from './experiment-rig.ts';

/** Sandboxes are named by keys, and keys follow from the machine. */
async function told(project: Project, ...args: string[]): Promise<string> {
  return transcript(await project.assay(args))
    .replaceAll(/staging\/[0-9a-f]{16}/g, 'staging/<key>')
    .replaceAll(/quarantine\/\d+/g, 'quarantine/<execution>')
    .replaceAll(/(cached +)[\d.]+ (B|kB|MB)/g, '$1<size>');
}

describe('a pipeline file', () => {
  const project = makeProject({ 'stages/a.js': '', 'data.txt': '' });
  const plan = async (text: string, ...args: string[]): Promise<string> => {
    project.write('pipeline.yaml', text);
    return told(project, 'plan', ...args);
  };

  it('that is no YAML', async () => {
    expect(await plan('version: 1\nstages:\n  a: { program: stages/a.js, outputs: { data: file }\n'))
      .toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:4:1 error[yaml-syntax] a list or map is not closed with "}" before this line.
        close it, or indent this line
      "
    `);
  });

  it('with a key that is not known', async () => {
    const text = `version: 1
stages:
  a: { program: stages/a.js, input: { data: ./data.txt }, outputs: { data: file } }
`;
    expect(await plan(text)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:3:30 error[unknown-key] stage "a": unknown key "input".
          a: { program: stages/a.js, input: { data: ./data.txt }, outputs: { data: file } }
                                     ~~~~~   did you mean "inputs"?
      "
    `);
  });

  it('with a value of the wrong type', async () => {
    const text = `version: 1
stages:
  a: { program: stages/a.js, retries: many, outputs: [data] }
`;
    expect(await plan(text)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:3:39 error[wrong-type] stage "a": "retries" must be a whole number of at least 0, or a template; found "many".
          a: { program: stages/a.js, retries: many, outputs: [data] }
                                              ~~~~

      pipeline.yaml:3:54 error[wrong-type] stage "a": "outputs" must be a map of output name to kind; found a list.
          a: { program: stages/a.js, retries: many, outputs: [data] }
                                                             ~~~~~~
      "
    `);
  });

  it('with a cycle', async () => {
    const text = `version: 1
stages:
  poison: { program: stages/a.js, inputs: { model: retrain.model }, outputs: { data: dataset } }
  merge: { program: stages/a.js, inputs: { data: poison.data }, outputs: { data: dataset } }
  retrain: { program: stages/a.js, inputs: { data: merge.data }, outputs: { model: model } }
`;
    expect(await plan(text)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:3:52 error[cycle] stage "poison": these stages wait on each other: poison -> merge -> retrain -> poison.
          poison: { program: stages/a.js, inputs: { model: retrain.model }, outputs: { data: dataset } }
                                                           ~~~~~~~~~~~~~
      "
    `);
  });

  it('with one output, and one stage, named twice', async () => {
    const text = `version: 1
stages:
  a: { program: stages/a.js, outputs: { data: file, data: model } }
  b: { program: stages/a.js, outputs: { data: file } }
  b: { program: stages/a.js, outputs: { model: model } }
`;
    expect(await plan(text)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:3:53 error[duplicate-output] stage "a" declares the output "data" twice; the first is on line 3.
          a: { program: stages/a.js, outputs: { data: file, data: model } }
                                                            ~~~~

      pipeline.yaml:5:3 error[duplicate-key] "b" is given twice; the first is on line 4.
          b: { program: stages/a.js, outputs: { model: model } }
          ~
      "
    `);
  });

  it('with inputs that are not there', async () => {
    const text = `version: 1
stages:
  a: { program: stages/a.js, outputs: { data: file } }
  b: { program: stages/b.js, inputs: { data: a.dta, text: ./date.txt }, outputs: { data: file } }
`;
    expect(await plan(text)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:4:17 error[missing-program] stage "b": the program "stages/b.js" is not there.
          b: { program: stages/b.js, inputs: { data: a.dta, text: ./date.txt }, outputs: { data: file } }
                        ~~~~~~~~~~~   paths are relative to the folder of the pipeline file

      pipeline.yaml:4:46 error[unknown-input] stage "b" reads "a.dta", which no stage produces.
          b: { program: stages/b.js, inputs: { data: a.dta, text: ./date.txt }, outputs: { data: file } }
                                                     ~~~~~   did you mean "a.data"?  (stage "a", line 3)

      pipeline.yaml:4:59 error[missing-input] stage "b": the input "text": "./date.txt" is not there.
          b: { program: stages/b.js, inputs: { data: a.dta, text: ./date.txt }, outputs: { data: file } }
                                                                  ~~~~~~~~~~   paths are relative to the folder of the pipeline file
      "
    `);
  });

  it('with bad templates', async () => {
    const text = `version: 1
params: { attack: { count: 600 }, name: "run \${attack}" }
stages:
  a: { shell: "echo \${attack.cuont} \${attack.count", outputs: { data: file } }
`;
    expect(await plan(text)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:2:46 error[bad-template] "\${attack}" inside a text must give text, a number, true or false; it gives a map.
        params: { attack: { count: 600 }, name: "run \${attack}" }
                                                     ~~~~~~~~~

      pipeline.yaml:4:37 error[bad-template] stage "a": "\${" has no "}".
          a: { shell: "echo \${attack.cuont} \${attack.count", outputs: { data: file } }
                                            ~~~~~~~~~~~~~~
      "
    `);
  });

  it('without the profile that is asked for', async () => {
    const text = `version: 1
params: { dataset: glyphs }
profiles: { mnist: { dataset: mnist } }
stages:
  a: { program: stages/a.js, params: [dataset], outputs: { data: file } }
`;
    expect(await plan(text, '--profile', 'mnits')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-profile] there is no profile "mnits".
        did you mean "mnist"?
      "
    `);
  });

  it('with paths that leave the project', async () => {
    const text = `version: 1
stages:
  a: { program: ../a.js, inputs: { data: ./../data.txt, link: ./link.txt }, files: [/etc/hosts], outputs: { data: file } }
`;
    symlinkSync('/etc/hostname', join(project.root, 'link.txt'));
    expect(await plan(text)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:3:17 error[path-outside-project] stage "a": the program "../a.js" lies outside the project.
          a: { program: ../a.js, inputs: { data: ./../data.txt, link: ./link.txt }, files: [/etc/hosts], outputs: { data: file } }
                        ~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

      pipeline.yaml:3:42 error[path-outside-project] stage "a": the input "data": "./../data.txt" lies outside the project.
          a: { program: ../a.js, inputs: { data: ./../data.txt, link: ./link.txt }, files: [/etc/hosts], outputs: { data: file } }
                                                 ~~~~~~~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

      pipeline.yaml:3:63 error[path-outside-project] stage "a": the input "link": "./link.txt" lies outside the project.
          a: { program: ../a.js, inputs: { data: ./../data.txt, link: ./link.txt }, files: [/etc/hosts], outputs: { data: file } }
                                                                      ~~~~~~~~~~   paths are relative to the folder of the pipeline file; links must stay inside it

      pipeline.yaml:3:85 error[path-outside-project] stage "a": "/etc/hosts" lies outside the project.
          a: { program: ../a.js, inputs: { data: ./../data.txt, link: ./link.txt }, files: [/etc/hosts], outputs: { data: file } }
                                                                                            ~~~~~~~~~~   files are relative to the folder of the pipeline file
      "
    `);
  });

  it('with an output that would be written outside', async () => {
    expect(await plan('version: 1\nstages:\n  a: { program: stages/a.js, outputs: { ../../data: file } }\n'))
      .toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      pipeline.yaml:3:41 error[bad-name] stage "a": the output name "../../data" must start with a letter and hold at most 64 letters, digits, "_" and "-", with single dots between.
          a: { program: stages/a.js, outputs: { ../../data: file } }
                                                ~~~~~~~~~~
      "
    `);
  });
});

describe('a program', () => {
  const failing = (stage: string, files: Readonly<Record<string, string>> = {}): Project =>
    makeProject({ 'pipeline.yaml': `version: 1\nstages:\n  x: ${stage}\n`, ...files });
  const run = (project: Project): Promise<string> => told(project, 'run');

  it('that is not there', async () => {
    const project = failing('{ command: [no-such-program, "{outputs.data}"], outputs: { data: file } }');
    expect(await run(project)).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      x  failed   could not start: there is no program "no-such-program"  <time>
      1 stage: 1 failed, <time>
      --- stderr
      x  running  never run

      error[program-missing] x: could not start: there is no program "no-such-program"
        next: install no-such-program, or add its folder to PATH

      "
    `);
  });

  it('that fails', async () => {
    const project = failing('{ shell: "echo why; exit 4", outputs: { data: file } }');
    expect(await run(project)).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      x  failed   exited with code 4  <time>
      1 stage: 1 failed, <time>
      --- stderr
      x  running  never run

      error[stage-failed] x: exited with code 4
        | why
        log: artifacts/staging/<key>/log.txt
        next: assay log x

      "
    `);
  });

  it('that throws: the trace names the line of the source', async () => {
    const project = failing('{ program: stages/x.ts, outputs: { data: file } }', {
      'stages/x.ts': '// A stage.\nconst classes: readonly string[] = [];\nconsole.log(classes[7]!.length);\n',
    });
    const text = await run(project);
    expect(text.replaceAll(/^ +\| +at .*\(?node:.*\n/gm, '').replaceAll(/v\d+\.\d+\.\d+/g, '<version>'))
      .toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      x  failed   exited with code 1  <time>
      1 stage: 1 failed, <time>
      --- stderr
      x  running  never run

      error[stage-failed] x: exited with code 1
        | <project>/stages/x.ts:3
        | console.log(classes[7]!.length);
        |                         ^
        |
        |
        | TypeError: Cannot read properties of undefined (reading 'length')
        |     at <anonymous> (<project>/stages/x.ts:3:25)
        |
        | Node.js <version>
        log: artifacts/staging/<key>/log.txt
        next: assay log x

      "
    `);
  });

  it('that writes nothing', async () => {
    expect(await run(failing('{ shell: "true", outputs: { data: file } }'))).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      x  failed   the program ended well but wrote no output; it declares outputs/data  <time>
      1 stage: 1 failed, <time>
      --- stderr
      x  running  never run

      error[stage-wrote-nothing] x: the program ended well but wrote no output; it declares outputs/data
        next: write each output to the path that ctx.output(NAME) or {outputs.NAME} gives

      "
    `);
  });

  it('that runs too long', async () => {
    const project = failing('{ shell: "echo begun; sleep 1000", timeout: 1s, outputs: { data: file } }');
    expect(await run(project)).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      x  failed   ran longer than its timeout of 1s and was stopped  <time>
      1 stage: 1 failed, <time>
      --- stderr
      x  running  never run

      error[stage-timed-out] x: ran longer than its timeout of 1s and was stopped
        | begun
        log: artifacts/staging/<key>/log.txt
        next: assay log x

      "
    `);
  });

  it('that cannot be bundled', async () => {
    const project = failing('{ program: stages/x.ts, outputs: { data: file } }', {
      'stages/x.ts': "import { go } from './go.ts';\nimport 'no-such-package';\ngo(;\n",
    });
    expect(await run(project)).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[program-broken] stages/x.ts cannot be built
      stages/x.ts:3:4 error: Unexpected ";"
            go(;
               ~
        correct the lines above and run again
      "
    `);
  });

  it('that imports what is not there', async () => {
    const project = failing('{ program: stages/x.ts, outputs: { data: file } }', {
      'stages/x.ts': "import { go } from './go.ts';\ngo();\n",
    });
    expect(await run(project)).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[program-broken] stages/x.ts cannot be built
      stages/x.ts:1:20 error: no such file: ./go.ts
            import { go } from './go.ts';
                               ~~~~~~~~~
        correct the lines above and run again
      "
    `);
    project.write('stages/x.ts', "import 'no-such-package';\n");
    expect(await run(project)).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[package-missing] stages/x.ts imports "no-such-package", which is not installed
        run: npm install no-such-package
      "
    `);
    project.write('stages/x.ts', "import '/etc/hostname';\n");
    expect(await run(project)).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[path-outside-project] stages/x.ts cannot be built
      stages/x.ts:1:8 error: /etc/hostname lies outside the project
            import '/etc/hostname';
                   ~~~~~~~~~~~~~~~
        move the file into the project, or install it as an npm package: what lies outside cannot be followed
      "
    `);
  });
});

describe('a store', () => {
  const one = 'version: 1\nstages:\n  x: { shell: "echo x > {outputs.data}", outputs: { data: file } }\n';
  const project = makeProject({ 'pipeline.yaml': one });
  const artifacts = join(project.root, 'artifacts');
  const run = (): Promise<string> => told(project, 'run');

  it('that is a file', async () => {
    writeFileSync(artifacts, '');
    expect(await run()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[store-unreadable] cannot open the store: a file is where a folder should be (EEXIST): <project>/artifacts
        Move that file away; Assay creates the folder.
      "
    `);
    rmSync(artifacts);
  });

  it.skipIf(process.platform !== 'linux')('that lies where nothing can be written', async () => {
    symlinkSync('/proc', artifacts);
    expect(await run()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[database-inaccessible] cannot open or write <project>/artifacts/lineage.db: unable to open database file
        check that you may read and write <project>/artifacts/lineage.db and its folder
      "
    `);
    rmSync(artifacts);
  });

  it('with a file where a folder belongs', async () => {
    mkdirSync(artifacts);
    writeFileSync(join(artifacts, 'objects'), '');
    expect(await run()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[store-unreadable] cannot open the store: a file is where a folder should be (EEXIST): <project>/artifacts/objects
        Move that file away; Assay creates the folder.
      "
    `);
    rmSync(artifacts, { recursive: true });
  });

  it('with a database that is none, or a folder', async () => {
    mkdirSync(artifacts);
    writeFileSync(join(artifacts, 'lineage.db'), 'no database '.repeat(1000));
    expect(await run()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[database-unreadable] <project>/artifacts/lineage.db cannot be read as a lineage database: file is not a database
        type: assay doctor --rebuild (moves it aside; results come back from the store, the history of runs does not)
      "
    `);
    rmSync(join(artifacts, 'lineage.db'));
    mkdirSync(join(artifacts, 'lineage.db'));
    expect(await run()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[database-inaccessible] cannot open or write <project>/artifacts/lineage.db: unable to open database file
        check that you may read and write <project>/artifacts/lineage.db and its folder
      "
    `);
    rmSync(artifacts, { recursive: true });
  });

  it('with a database of a newer Assay', async () => {
    await run();
    const database = new Database(join(artifacts, 'lineage.db'));
    database.pragma('user_version = 1000');
    database.close();
    expect((await run()).replace(/up to version \d+/, 'up to version <n>')).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[database-newer] <project>/artifacts/lineage.db has version 1000, but this Assay reads only up to version <n>
        use the newer Assay that wrote it, or give this one a project folder of its own; nothing was changed
      "
    `);
    rmSync(artifacts, { recursive: true });
  });
});

describe('the experiment', () => {
  const project = makeExperiment();
  const mirror = join(project.root, 'mirror');
  const run = (target: string, ...sets: string[]): Promise<string> =>
    told(project, 'run', '--jobs', '1', target, ...TINY, ...sets.flatMap((set) => ['--set', set]));

  beforeAll(async () => {
    mkdirSync(mirror);
    // So that what follows speaks of its own fault only.
    await run('pretrain');
  });

  it.each([
    ['fetch.train=-5', 'fetch'],
    ['train.learningRate=-0.1', 'pretrain'],
    ['train.architecture=table-b1', 'pretrain'],
    ['compute=gpu', 'pretrain'],
    ['attack.chosen=12', 'perturb[variant=V1]'],
    ['attack.count=9', 'poison[variant=V1]'],
    ['perturb.learningRate=-1', 'perturb[variant=V1]'],
    ['sweep.variants=[V99]', 'poison'],
    ['attack.count=many', 'poison[variant=V1]'],
    ['merging.append.added=5', 'merge[variant=V1]'],
  ])('with %s', async (set, target) => {
    const text = await run(target, set);
    // The backends that exist have tests of their own; where a line of the pipeline stands is no matter here.
    const stable = text
      .replaceAll(/(tensor backend)\n.*/g, '$1\n  <names>')
      .replace(/pipeline.yaml:\d+/, 'pipeline.yaml:<line>');
    expect(stable).toMatchSnapshot();
  });

  it('with an IDX file that is cut off, or is not the published one', async () => {
    const names = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
    for (const name of names) writeFileSync(join(mirror, `${name}-ubyte.gz`), gzipSync(Buffer.alloc(1000, name)));
    const fetchMnist = () => run('fetch', 'dataset=mnist', 'mirror=mirror');
    expect(await fetchMnist()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      fetch  failed   exited with code 1  <time>
      1 stage: 1 failed, <time>
      --- stderr
      fetch  running  dataset glyphs -> mnist

      error[stage-failed] fetch: exited with code 1
        | dataset-digest-wrong: train-images-idx3-ubyte from <project>/mirror/train-images-idx3-ubyte.gz is not the published file: expected sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db, found sha256:68eeff967fce2e2d6a4b6595e4313d5ef32b008a68415f29c6f0a2a36f3c2bd2 (1000 bytes).
        |   replace the file, or take it from another place: nothing was made of it
        log: artifacts/staging/<key>/log.txt
        next: assay log fetch

      "
    `);
    writeFileSync(join(mirror, 'train-images-idx3-ubyte.gz'), gzipSync(Buffer.alloc(1000)).subarray(0, 20));
    expect(await fetchMnist()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      fetch  failed   exited with code 1  <time>
      1 stage: 1 failed, <time>
      --- stderr
      fetch  running  dataset glyphs -> mnist

      error[stage-failed] fetch: exited with code 1
        | dataset-file-corrupt: <project>/mirror/train-images-idx3-ubyte.gz is no sound gzip file: unexpected end of file.
        |   the file was cut off or altered: replace it
        log: artifacts/staging/<key>/log.txt
        next: assay log fetch

      "
    `);
  });

  it('with a CIFAR-10 archive that is cut off, is none, or holds other bytes', async () => {
    const fetchCifar = () => run('fetch', 'dataset=cifar10', 'fetch.batches=[1]', 'mirror=mirror');
    writeFileSync(join(mirror, 'cifar-10-binary.tar.gz'), gzipSync(Buffer.alloc(10_240, 1)).subarray(0, 25));
    expect(await fetchCifar()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      fetch  failed   exited with code 1  <time>
      1 stage: 1 failed, <time>
      --- stderr
      fetch  running  dataset glyphs -> cifar10 (+1 more)

      error[stage-failed] fetch: exited with code 1
        | dataset-file-corrupt: <project>/mirror/cifar-10-binary.tar.gz is no sound gzip file: unexpected end of file.
        |   the file was cut off or altered: replace it
        log: artifacts/staging/<key>/log.txt
        next: assay log fetch

      "
    `);
    writeFileSync(join(mirror, 'cifar-10-binary.tar.gz'), 'no archive');
    expect(await fetchCifar()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      fetch  failed   exited with code 1  <time>
      1 stage: 1 failed, <time>
      --- stderr
      fetch  running  dataset glyphs -> cifar10 (+1 more)

      error[stage-failed] fetch: exited with code 1
        | dataset-file-corrupt: <project>/mirror/cifar-10-binary.tar.gz is no sound tar file: TAR_BAD_ARCHIVE: Unrecognized archive format.
        |   the file was cut off or altered: replace it
        log: artifacts/staging/<key>/log.txt
        next: assay log fetch

      "
    `);
    rmSync(join(mirror, 'cifar-10-binary.tar.gz'));
    writeFileSync(join(mirror, 'data_batch_1.bin'), Buffer.alloc(3073));
    writeFileSync(join(mirror, 'test_batch.bin'), Buffer.alloc(3073));
    expect(await fetchCifar()).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      fetch  failed   exited with code 1  <time>
      1 stage: 1 failed, <time>
      --- stderr
      fetch  running  dataset glyphs -> cifar10 (+1 more)

      error[stage-failed] fetch: exited with code 1
        | dataset-digest-wrong: data_batch_1.bin from <project>/mirror/data_batch_1.bin is not the published file: expected sha256:cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5, found sha256:5fbf904d9c5cb6f356cb9eb1ee1d1511051088e1f08551ccbe753e4334fa6d9f (3073 bytes).
        |   replace the file, or take it from another place: nothing was made of it
        log: artifacts/staging/<key>/log.txt
        next: assay log fetch

      "
    `);
  });

  it('with a mirror that is not there', async () => {
    expect(await run('fetch', 'dataset=mnist', 'mirror=nowhere')).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      fetch  failed   exited with code 1  <time>
      1 stage: 1 failed, <time>
      --- stderr
      fetch  running  dataset glyphs -> mnist

      error[stage-failed] fetch: exited with code 1
        | mirror-missing: the mirror <project>/nowhere is not a folder.
        |   give a folder that holds mnist: --set mirror=FOLDER
        log: artifacts/staging/<key>/log.txt
        next: assay log fetch

      "
    `);
  });
});
