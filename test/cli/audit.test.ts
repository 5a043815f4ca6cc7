/** `assay audit`, `assay manifest` and `assay prove` through the real command line. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { joinSplits } from '../../lib/dataset/split.ts';
import { POISON, RecordScene, TEST, TRAIN } from '../red-team/record-scene.ts';
import { makeProject, transcript, type Project } from './rig.ts';

function makeScene(): { project: Project; scene: RecordScene } {
  const project = makeProject({});
  return { project, scene: new RecordScene(project.root) };
}

/** A pipeline whose one stage hands a folder on as a dataset. */
const PIPELINE = `version: 1
stages:
  keep: { shell: 'cp {inputs.from}/* {outputs.data}', inputs: { from: ./own }, outputs: { data: dataset } }
`;

describe('assay audit diff', () => {
  it('ends with 0 for equal records, whatever their form', async () => {
    const { project } = makeScene();
    expect(transcript(await project.assay(['audit', 'diff', './clean', './own']))).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      a  ./clean  idx files
      b  ./own    assay files

      train  the same 20 records in the same order

      test  the same 8 records in the same order
      --- stderr
      "
    `);
  });

  it('takes a bare name for a folder where there is no project, and says which of two is missing', async () => {
    const { project } = makeScene();
    expect((await project.assay(['audit', 'diff', 'clean', './own'])).code).toBe(0);
    expect((await project.assay(['audit', 'diff', 'clean', './none'])).stderr).toContain('error[dataset-missing]');
  });

  it('names what is new, by class and with its nearest original', async () => {
    const { project, scene } = makeScene();
    scene.writeIdx('data', joinSplits(TRAIN, POISON), TEST);
    const command = ['audit', 'diff', './clean', './data', '--nearest', '3'];
    expect(transcript(await project.assay(command))).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      a  ./clean  idx files
      b  ./data   idx files

      train  4 new, all labelled 3
        new  b 20-23

        class   a   b  added  removed  relabelled  changed
        0       5   5
        1       5   5
        2       5   5
        3       5   9      4
        all    20  24      4

        record  label  nearest in a  label        L2 in 0..1 / 0..255
        20      3      10            2 (another)  0.0157 / 4
        21      3      11            3            0.0157 / 4
        22      3      12            0 (another)  0.0157 / 4
        nearest original of 3 of 4: 2 under another label (--nearest all for the rest); --json lists them, --html shows them

      test  the same 8 records in the same order
      --- stderr
      "
    `);
    const { code, stdout } = await project.assay([...command, '--json', '--split', 'train']);
    const { splits, ...rest } = JSON.parse(stdout);
    expect(code).toBe(3);
    expect(rest).toMatchInlineSnapshot(`
      {
        "a": {
          "artifact": null,
          "form": "idx",
          "name": "./clean",
        },
        "b": {
          "artifact": null,
          "form": "idx",
          "name": "./data",
        },
        "classNames": null,
        "isEqual": false,
      }
    `);
    expect(Object.keys(splits[0])).toMatchInlineSnapshot(`
      [
        "split",
        "verdict",
        "counts",
        "roots",
        "added",
        "removed",
        "relabelled",
        "changed",
        "moved",
        "nearestFor",
        "duplicates",
        "labelConflicts",
        "perClass",
      ]
    `);
    expect(splits[0].added[0]).toMatchInlineSnapshot(`
      {
        "index": 20,
        "label": 3,
        "nearest": {
          "distance": {
            "byte": 4,
            "unit": 0.01568627450980392,
          },
          "index": 10,
          "isLabelConflict": true,
          "label": 2,
        },
      }
    `);
    expect(splits[0].nearestFor).toEqual({ looked: 3, of: 4 });
    expect(
      JSON.parse((await project.assay([...command, '--nearest', 'all', '--json'])).stdout).splits[0].nearestFor,
    ).toEqual({ looked: 4, of: 4 });
  });

  it('writes a page that needs nothing else: no script, no address, a text for each picture', async () => {
    const { project, scene } = makeScene();
    scene.writeIdx('data', joinSplits(TRAIN, POISON), TEST);
    scene.edit('data/train-labels-idx1-ubyte', (bytes) => void (bytes[8 + 5] = 3));
    scene.edit('data/train-images-idx3-ubyte', (bytes) => void bytes[16]!++);
    expect((await project.assay(['audit', 'diff', './clean', './data', '--html', 'page.html'])).code).toBe(3);
    const page = readFileSync(scene.path('page.html'), 'utf8');
    expect(page).not.toMatch(/<script|https?:|<link|url\(/);
    const images = page.match(/<img [^>]*>/g) ?? [];
    // Four new and one changed beside their originals, one relabelled.
    expect(images).toHaveLength(2 * 4 + 2 + 1);
    for (const image of images)
      expect(image).toMatch(/src="data:image\/png;base64,[^"]+" alt="[^"]+" width="84" height="84"/);
    expect(page.match(/<th scope="(col|row)">/g)?.length).toBeGreaterThan(10);
    // Nothing was removed, so a phone needs no column for it.
    const columns = [...page.matchAll(/<th scope="col">(\w+)<\/th>/g)].map(([, name]) => name);
    expect(columns).toEqual(['class', 'a', 'b', 'added', 'relabelled', 'changed']);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('<html lang="en">');
  });

  it('escapes what a folder is called', async () => {
    const { project, scene } = makeScene();
    scene.writeIdx('<b onclick="x">&', TRAIN, TEST);
    await project.assay(['audit', 'diff', './clean', './<b onclick="x">&', '--html', 'page.html']);
    expect(readFileSync(scene.path('page.html'), 'utf8')).toContain('./&lt;b onclick=&quot;x&quot;&gt;&amp;');
  });

  it('reads artifacts by name and digest, and says of a name without a slash which it took', async () => {
    const { project, scene } = makeScene();
    project.write('pipeline.yaml', PIPELINE);
    expect((await project.assay(['run'])).code).toBe(0);
    const named = await project.assay(['audit', 'diff', 'keep.data', './own', '--json']);
    const { a } = JSON.parse(named.stdout);
    expect({ code: named.code, name: a.name, form: a.form }).toEqual({ code: 0, name: 'keep.data', form: 'assay' });
    writeFileSync(scene.path('keep.data'), 'a file of the same name');
    const [byDigest, shadowed, unknown] = await Promise.all([
      project.assay(['audit', 'diff', a.artifact.slice(7, 19), 'clean']),
      project.assay(['audit', 'diff', 'keep.data', './own']),
      project.assay(['audit', 'diff', 'keep', 'none']),
    ]);
    expect(byDigest.code).toBe(0);
    expect(shadowed.stderr).toBe('warning: keep.data is a file here too; ./keep.data would name it\n');
    expect(transcript(unknown)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[unknown-stage] no stage is named "none"
        the stages are keep
      "
    `);
  });

  it('refuses images of two shapes', async () => {
    const { project } = makeScene();
    expect(transcript(await project.assay(['audit', 'diff', './clean', './cifar']))).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[dataset-shapes-differ] cannot compare images of 4x4x1 with images of 32x32x3: no record can be in both.
        compare two versions of one dataset
      "
    `);
  });
});

describe('assay manifest', () => {
  it('prints what audit dataset reads, small or with every record', async () => {
    const { project, scene } = makeScene();
    const { stdout } = await project.assay(['manifest', './clean']);
    expect(stdout).toBe(readFileSync(scene.path('clean.json'), 'utf8').replace('"tiny"', '"clean"'));
    expect(transcript(await project.assay(['manifest', './clean', '--records', '--out', 'long.json'])))
      .toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      wrote long.json (3.09 kB)
      its digest, to print where nobody can change it: sha256:5885a9508c42afb0d5bfcc297d0293fc93d530f1a1e4a4669fcc754b910742fc
      --- stderr
      "
    `);
    expect(transcript(await project.assay(['audit', 'dataset', './data', '--against', 'long.json'])))
      .toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      ./data is what long.json says: train 20, test 8
      --- stderr
      "
    `);
  });

  it('is not written of a dataset that contradicts itself', async () => {
    const { project, scene } = makeScene();
    scene.edit('own/train-labels.idx', (bytes) => void (bytes[8] = 2));
    const { code, stderr } = await project.assay(['manifest', './own']);
    expect({ code, isNamed: stderr.includes('error[dataset-corrupt]') }).toEqual({ code: 1, isNamed: true });
  });
});

describe('assay audit dataset', () => {
  it('says what could not be named', async () => {
    const { project, scene } = makeScene();
    scene.writeIdx('data', joinSplits(TRAIN, POISON), TEST);
    expect(transcript(await project.assay(['audit', 'dataset', './data', '--against', 'clean.json'])))
      .toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      count        train  24 records; the manifest says 20
      class-count  train  class 3: 9 records, not 5
      records      train  the records are not those of the manifest: root sha256:539c5d438983f05a4f9bf1de4d0aa1d60e348cab6ba51a891173d6e6be3d3cf2, not sha256:7e97a7abecd583b4a2e83601484f2cce62aca02807d8f89e5194fe0b57af16be
      train: which records differ cannot be said: the manifest lists no record digests (assay manifest --records writes them)
      ./data is not what clean.json says: 3 findings
      --- stderr
      "
    `);
    const { stdout } = await project.assay(['audit', 'dataset', './data', '--against', 'full.json', '--json']);
    const { findings } = JSON.parse(stdout);
    expect(findings.at(-1)).toMatchObject({ check: 'added', split: 'train', indexes: [20, 21, 22, 23] });
    expect(findings.at(-1).records[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('wants a manifest where its digest is pinned', async () => {
    const { project } = makeScene();
    const command = ['audit', 'dataset', './data', '--against', './clean', '--pin', 'a'.repeat(64)];
    expect(transcript(await project.assay(command))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[manifest-wanted] --pin is the digest of a manifest file; ./clean is none
        assay manifest WHAT --out FILE writes one and prints its digest
      "
    `);
  });
});

describe('assay prove', () => {
  it('proves a record by index or digest, checked by manifest or root', async () => {
    const { project, scene } = makeScene();
    const { stdout, code } = await project.assay(['prove', 'train:7', './clean']);
    expect({ code, proof: JSON.parse(stdout) }).toEqual({
      code: 0,
      proof: JSON.parse(readFileSync(scene.path('proof.json'), 'utf8')),
    });
    const { record, root } = JSON.parse(stdout);
    expect(transcript(await project.assay(['prove', record.slice(7, 17), './clean', '--out', 'again.json'])))
      .toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      wrote again.json: record sha256:7235c994af7d71ba32759f2850307c376f105db66c4fce3506dc3d3488e9edc4 is train:7 of 20
      --- stderr
      "
    `);
    expect(readFileSync(scene.path('again.json'), 'utf8')).toBe(stdout);
    expect(transcript(await project.assay(['prove', '--check', 'again.json', '--manifest', 'clean.json'])))
      .toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      proved by clean.json: record sha256:7235c994af7d71ba32759f2850307c376f105db66c4fce3506dc3d3488e9edc4 is train:7 of 20
      --- stderr
      "
    `);
    expect((await project.assay(['prove', '--check', 'again.json', '--root', root.slice(7)])).code).toBe(0);
    const other = await project.assay(['prove', '--check', 'again.json', '--root', '0'.repeat(64), '--json']);
    expect({ code: other.code, verdict: JSON.parse(other.stdout).verdict }).toEqual({ code: 3, verdict: 'other-root' });
  });

  it('says which records there are', async () => {
    const { project, scene } = makeScene();
    scene.write('bad.json', '{"format": "assay-record-proof/v1"}');
    const commands = [
      ['prove', 'train:20', './clean'],
      ['prove', 'train:x', './clean'],
      ['prove', 'abcdef0123', './clean'],
      ['prove', 'train:1'],
      ['prove', '--check', 'proof.json', '--root', 'https://example.org'],
      ['prove', '--check', 'bad.json', '--manifest', 'clean.json'],
    ];
    const ended = await Promise.all(commands.map((command) => project.assay(command)));
    const told = ended.map(({ code, stderr }) => `${code} ${stderr}`);
    expect(`\n${told.join('')}`).toMatchInlineSnapshot(`
      "
      2 error[unknown-record] ./clean has no record train:20
        its train records are 0 to 19
      2 error[unknown-record] "train:x" names no record
        write train:INDEX, test:INDEX, or at least 8 hex digits of a record's digest
      2 error[unknown-record] no record of ./clean has a digest that begins with abcdef0123
        check it
      2 error[record-missing] prove needs a record and a dataset, or --check FILE
        assay prove train:17 merge.data
      2 error[bad-root] --root https://example.org is not a digest
        it has 64 lowercase hex digits
      1 error[proof-invalid] bad.json is no sound proof: at "split": Invalid option: expected one of "train"|"test".
        assay prove RECORD DATASET writes one
      "
    `);
  });
});
