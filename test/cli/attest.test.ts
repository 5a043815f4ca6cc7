import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { digestBytes, digestHex } from '../../lib/base/digest.ts';
import { makeProject, transcript } from './rig.ts';

const PIPELINE = `version: 1
params: { seed: 1 }
stages:
  fetch:
    program: stages/write.js
    params: [seed]
    inputs: { raw: ./raw.txt }
    outputs: { data: dataset }
  train:
    program: stages/write.js
    inputs: { data: fetch.data }
    outputs: { model: model }
  evaluate:
    program: stages/measure.js
    inputs: { after: train.model }
    outputs: { metrics: metrics }
`;

const WRITE = `
import { readFileSync, writeFileSync } from 'node:fs';
const context = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
for (const [name, { path }] of Object.entries(context.outputs)) writeFileSync(path + '/' + name + '.bin', name);
`;

const MEASURE = `
import { readFileSync, writeFileSync } from 'node:fs';
const context = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
writeFileSync(context.outputs.metrics.path, JSON.stringify({ after: { total: 0.75 } }));
`;

const project = makeProject({
  'pipeline.yaml': PIPELINE,
  'raw.txt': 'raw\n',
  'stages/write.js': WRITE,
  'stages/measure.js': MEASURE,
});

beforeAll(async () => {
  expect((await project.assay(['run'])).code).toBe(0);
});

/** Sizes and digests follow the moments of the executions. */
const normalised = (text: string): string =>
  text.replaceAll(/sha256 [0-9a-f]{12}/g, 'sha256 <digest>').replaceAll(/[\d.]+ kB/g, '<size>');

const attest = (...args: string[]) => project.assay(['attest', ...args]);

describe('assay attest', () => {
  it('writes a bill of materials, with the metrics of an evaluation, the same bytes to a file and to a pipe', async () => {
    const bom = await attest('train.model', '--as', 'cyclonedx');
    expect(bom.code).toBe(0);
    const { metadata } = JSON.parse(bom.stdout);
    expect([metadata.component.name, metadata.component.modelCard.quantitativeAnalysis]).toEqual([
      'train.model',
      { performanceMetrics: [{ type: 'accuracy', value: '0.75', slice: 'test' }] },
    ]);
    const written = await attest('train.model', '--as', 'cyclonedx', '--out', 'bom.json');
    expect(normalised(transcript(written))).toBe(
      '\nexit 0\n--- stdout\nbom.json  <size>  sha256 <digest>\n--- stderr\n',
    );
    expect(readFileSync(join(project.root, 'bom.json'), 'utf8')).toBe(bom.stdout);
    expect((await attest('train.model', '--as', 'cyclonedx', '--out', 'bom.json')).code).toBe(0);
  });

  it('tells the history of an artifact as PROV-JSON and as OpenLineage events', async () => {
    const prov = await attest('evaluate.metrics', '--as', 'prov');
    expect(
      Object.values(JSON.parse(prov.stdout).activity).map((one) => (one as Record<string, unknown>)['prov:label']),
    ).toEqual(expect.arrayContaining(['fetch', 'train', 'evaluate']));
    const events = await attest('evaluate.metrics', '--as', 'openlineage');
    expect(
      events.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).eventType),
    ).toEqual(['START', 'COMPLETE', 'START', 'COMPLETE', 'START', 'COMPLETE']);
  });
});

describe('assay audit croissant', () => {
  it('passes the files that a Croissant was written for, and no other', async () => {
    await project.assay(['export', 'fetch.data', 'published']);
    const croissant = await attest('fetch.data', '--as', 'croissant', '--out', 'published', '--json');
    const bytes = readFileSync(join(project.root, 'published/croissant.json'));
    expect(JSON.parse(croissant.stdout)).toEqual({
      artifact: expect.stringMatching(/^sha256:/),
      name: 'fetch.data',
      format: 'croissant',
      files: [{ path: 'published/croissant.json', sizeBytes: bytes.length, digest: digestBytes(bytes) }],
    });
    const audit = (...more: string[]) =>
      project.assay(['audit', 'croissant', 'published/croissant.json', 'published', ...more]);
    expect(transcript(await audit())).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      ok  data.bin
      not described, so not checked: croissant.json
      1 file: 1 ok
      --- stderr
      "
    `);

    writeFileSync(join(project.root, 'published/data.bin'), 'dat4');
    const altered = await audit();
    expect(altered.code).toBe(3);
    expect(altered.stdout.split('\n')[0]).toBe(`altered  data.bin  its sha256 is ${digestHex(digestBytes('dat4'))}`);
    expect(JSON.parse((await audit('--json')).stdout)).toMatchObject({
      isSound: false,
      files: [{ verdict: 'ALTERED' }],
    });
  });

  it('takes no address for a hash, and nothing for a Croissant that is none', async () => {
    const audit = () => project.assay(['audit', 'croissant', 'published/croissant.json', 'published']);
    const bytes = readFileSync(join(project.root, 'published/croissant.json'));
    const text = bytes.toString('utf8').replace(/"sha256": "[0-9a-f]{64}"/, '"sha256": "https://example.org/data.bin"');
    writeFileSync(join(project.root, 'published/croissant.json'), text);
    expect(transcript(await audit())).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      unverifiable  data.bin  an address stands where its sha256 belongs
      not described, so not checked: croissant.json
      1 file: 1 unverifiable
      --- stderr
      "
    `);
    writeFileSync(join(project.root, 'published/croissant.json'), '{}');
    expect(transcript(await audit())).toMatchInlineSnapshot(`
      "
      exit 1
      --- stdout
      --- stderr
      error[croissant-unreadable] the file is no Croissant that can be checked: it describes no file (no "distribution")
        give the JSON-LD that was published beside the dataset
      "
    `);
    expect(transcript(await project.assay(['audit', 'croissant', 'none.json', 'published']))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[croissant-path] none.json is no file
        assay audit croissant FILE FOLDER: the JSON-LD, and the folder with the files that it describes
      "
    `);
  });
});

describe('assay attest, asked for what it cannot do,', () => {
  const refusal = async (...args: string[]) => transcript(await attest(...args));

  it('refuses an artifact of another kind, and a folder where it could only print', async () => {
    expect(await refusal('fetch.data', '--as', 'cyclonedx')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[attest-kind] cyclonedx describes a model; fetch.data is of kind dataset
        if it is a model, say so in pipeline.yaml: the kind of that output
      "
    `);
    expect(await refusal('train.model', '--as', 'croissant', '--out', 'x')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[attest-kind] croissant describes a dataset; train.model is of kind model
        if it is a dataset, say so in pipeline.yaml: the kind of that output
      "
    `);
    expect(await refusal('fetch.data', '--as', 'croissant')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[attest-needs-folder] croissant is written into a folder, as croissant.json
        say into which: --out DIR
      "
    `);
    expect(await refusal('fetch.data', '--as', 'spdx')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error: option '--as <format>' argument 'spdx' is invalid. Allowed choices are croissant, cyclonedx, prov, openlineage, in-toto, model-signing, results.
      "
    `);
    expect(await refusal('fetch.data')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error: required option '--as <format>' not specified
      "
    `);
  });

  it('refuses to write over what is not its own, and to tell of what has no history', async () => {
    project.write('mine.json', 'mine');
    expect(await refusal('train.model', '--as', 'prov', '--out', 'mine.json')).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[target-exists] mine.json exists already
        name a path that does not exist
      "
    `);
    const { stdout } = await project.assay(['lineage', 'fetch.data', '--up', '--json']);
    const { digest } = JSON.parse(stdout).up[0] as { digest: string };
    expect((await refusal(digest, '--as', 'openlineage')).replaceAll(/raw\.txt|\b[0-9a-f]{12}\b/g, 'raw'))
      .toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[nothing-recorded] no recorded execution made ./raw
        what was read from the project as it lay there has no history; ask for what was made from it
      "
    `);
  });
});
