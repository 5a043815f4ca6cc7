import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { pae } from '../../lib/audit/dsse.ts';
import { digestBytes, digestHex } from '../../lib/base/digest.ts';
import { makeProject } from './rig.ts';

const PIPELINE = `version: 1
params: { seed: 1 }
stages:
  make: { shell: "echo data > {outputs.data}", outputs: { data: file } }
  measure: { shell: "cat {inputs.data} > /dev/null; echo '{ \\"accuracy\\": 0.75 }' > {outputs.metrics}", inputs: { data: make.data }, outputs: { metrics: metrics } }
`;

const project = makeProject({ 'pipeline.yaml': PIPELINE });
const results = join(project.root, 'results.json');
const key = join(project.root, 'key.pem');
const verify = (...args: string[]) => project.assay(['verify', ...args]);

/** Signers' names follow from a key that is made anew for every test. */
const told = ({ code, stdout }: { code: number | null; stdout: string }): string =>
  `exit ${code}\n${stdout.replaceAll(/signed by [0-9a-f]{16}/g, 'signed by <key>').replaceAll(/[0-9a-f]{64}/g, '<digest>')}`;

interface Envelope {
  payload: string;
  signatures: { sig: string }[];
}

/** The results file with its statement changed and the old signature kept. */
function altered(change: (text: string) => string): string {
  const envelope = JSON.parse(readFileSync(results, 'utf8')) as Envelope;
  const statement = Buffer.from(envelope.payload, 'base64').toString('utf8');
  const payload = Buffer.from(change(statement), 'utf8').toString('base64');
  const path = join(mkdtempSync(join(tmpdir(), 'assay-results-')), 'results.json');
  writeFileSync(path, JSON.stringify({ ...envelope, payload }));
  return path;
}

beforeAll(async () => {
  expect((await project.assay(['run'])).code).toBe(0);
  expect((await project.assay(['attest', 'measure.metrics', '--as', 'results', '--out', 'results.json'])).code).toBe(0);
  writeFileSync(key, (await project.assay(['keys', 'public'])).stdout);
});

it('a results file holds the numbers and every artifact that they came from, and is verified here and elsewhere', async () => {
  expect(told(await verify('results.json'))).toMatchInlineSnapshot(`
    "exit 0
    results.json: measure.metrics and 2 artifacts, signed by <key>: as signed; 2 of them in the store here, sound
    "
  `);
  const { code, stdout } = await verify('results.json', '--key', 'key.pem', '--json');
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { isSound: true, name: 'measure.metrics', artifacts: 2, held: 2, content: { accuracy: 0.75 } },
  ]);
  // In another project, with nothing but the file and the key.
  const other = makeProject({ 'pipeline.yaml': PIPELINE });
  expect(told(await other.assay(['verify', results, '--key', key])).replace(project.root, '<there>'))
    .toMatchInlineSnapshot(`
    "exit 0
    <there>/results.json: measure.metrics and 2 artifacts, signed by <key>: as signed; no store here to look for them
    "
  `);
});

it('what is signed is the envelope that other DSSE tools read', () => {
  const { payload, ...envelope } = JSON.parse(readFileSync(results, 'utf8')) as Envelope & { payloadType: string };
  const body = Buffer.from(payload, 'base64');
  expect(pae(envelope.payloadType, body).toString('utf8')).toMatch(/^DSSEv1 28 application\/vnd.in-toto\+json \d+ \{/);
  expect(JSON.parse(body.toString('utf8'))).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'measure.metrics' }],
    predicate: { content: '{ "accuracy": 0.75 }\n', executions: 2 },
  });
});

it('a number that was changed is no longer signed', async () => {
  const path = altered((text) => text.replace('0.75', '0.99'));
  expect(told(await verify(path, '--key', key)).replaceAll(path, '<file>')).toMatchInlineSnapshot(`
    "exit 3
    <file>  unsigned  no signature in it is by a key that was named or is yours: it was altered, or someone else signed it
    <file>: 1 finding
    "
  `);
});

it("a stranger's key does not make it true", async () => {
  const stranger = makeProject({ 'pipeline.yaml': PIPELINE });
  const path = join(stranger.root, 'key.pem');
  const env = { ASSAY_KEYS: join(stranger.root, 'keys') };
  writeFileSync(path, (await stranger.assay(['keys', 'public'], { env })).stdout);
  expect((await verify('results.json', '--key', path)).code).toBe(3);
});

it('an artifact altered in the store here is told', async () => {
  const blob = digestHex(digestBytes('{ "accuracy": 0.75 }\n'));
  const path = join(project.root, 'artifacts', 'objects', blob.slice(0, 2), blob.slice(2));
  chmodSync(path, 0o644);
  writeFileSync(path, '{ "accuracy": 0.76 }\n');
  expect(told(await verify('results.json'))).toMatchInlineSnapshot(`
    "exit 3
    measure.metrics  altered  in the store here: altered
    results.json: measure.metrics and 2 artifacts, signed by <key>: 1 finding
    "
  `);
});
