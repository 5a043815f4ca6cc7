/** Bundles made by Python's model-signing 1.1.1 (bench/interop/model-signing.sh wrote them), and our own. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { signFolder } from '../../lib/audit/frozen.ts';
import { KeyStore } from '../../lib/audit/keys.ts';
import { openBundle } from '../../lib/audit/model-signing.ts';
import { distanceOf, readTensors } from '../../lib/audit/model-tensors.ts';
import { readPublicKey } from '../../lib/audit/public-key.ts';
import { verifyModel, type ModelReport } from '../../lib/audit/verify-model.ts';

const FIXTURE = resolve('test/fixtures/model-signing');
const folders: string[] = [];

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-signing-'));
  folders.push(folder);
  return folder;
}

/** A copy of the model that they signed. */
function copyOfModel(): string {
  const model = join(temporary(), 'tiny');
  cpSync(join(FIXTURE, 'tiny'), model, { recursive: true });
  return model;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function verifyTheirs(model: string, curve = 'prime256v1', key = curve): ModelReport {
  return verifyModel({
    ...{ name: 'tiny', path: model, bundle: readFileSync(join(FIXTURE, `${curve}.sig`), 'utf8') },
    keys: [readPublicKey(join(FIXTURE, `${key}.pem`))],
    ignored: [],
    withOriginal: (_, use) => use(undefined),
  });
}

const findingsOf = ({ findings }: ModelReport): string[] => findings.map((each) => `${each.subject} ${each.problem}`);

describe('a bundle that Python made', () => {
  it.each(['prime256v1', 'secp384r1', 'secp521r1'])('is good here (%s)', (curve) => {
    const report = verifyTheirs(copyOfModel(), curve);
    expect(report).toMatchObject({ isSound: true, files: 3, findings: [] });
    expect(report.signedBy).toBe(readPublicKey(join(FIXTURE, `${curve}.pem`)).keyId);
  });

  it('is not good by another key', () => {
    expect(findingsOf(verifyTheirs(copyOfModel(), 'prime256v1', 'secp384r1'))).toEqual(['signature unsigned']);
  });

  it('tells a flipped bit, an added file and a link', () => {
    const flipped = copyOfModel();
    const bytes = readFileSync(join(flipped, 'weights.bin'));
    bytes[5]! ^= 1;
    writeFileSync(join(flipped, 'weights.bin'), bytes);
    expect(findingsOf(verifyTheirs(flipped))).toEqual(['weights.bin altered']);
    const added = copyOfModel();
    appendFileSync(join(added, 'notes/extra'), '');
    expect(findingsOf(verifyTheirs(added))).toEqual(['notes/extra unlisted']);
    const linked = copyOfModel();
    symlinkSync('model.json', join(linked, 'copy.json'));
    expect(findingsOf(verifyTheirs(linked))).toEqual(['copy.json link']);
  });

  it('passes over what git keeps, as Python does', () => {
    const model = copyOfModel();
    writeFileSync(join(model, '.gitignore'), 'x');
    expect(verifyTheirs(model).isSound).toBe(true);
    writeFileSync(join(model, '.gitignored'), 'x');
    expect(findingsOf(verifyTheirs(model))).toEqual(['.gitignored unlisted']);
  });

  it('is not good with any bit of its signature or statement flipped', () => {
    const text = readFileSync(join(FIXTURE, 'prime256v1.sig'), 'utf8');
    const keys = [readPublicKey(join(FIXTURE, 'prime256v1.pem'))];
    expect(openBundle(text, keys).ok).toBe(true);
    const bundle = JSON.parse(text) as { dsseEnvelope: { payload: string; signatures: { sig: string }[] } };
    const { payload, signatures } = bundle.dsseEnvelope;
    for (const part of [payload, signatures[0]!.sig]) {
      const bytes = Buffer.from(part, 'base64');
      for (let at = 0; at < bytes.length; at += 7) {
        bytes[at]! ^= 1;
        const edited = text.replace(JSON.stringify(part), JSON.stringify(bytes.toString('base64')));
        expect(edited).not.toBe(text);
        expect(openBundle(edited, keys).ok).toBe(false);
        bytes[at]! ^= 1;
      }
    }
  });
});

describe('a bundle of ours', () => {
  const sign = (model: string): { bundle: string; keys: KeyStore } => {
    const keys = KeyStore.open({ ASSAY_KEYS: join(temporary(), 'keys') });
    return { bundle: signFolder(model, { name: 'tiny', artifact: null }, keys.signingKey('p256')), keys };
  };

  it('is of the form that Model Signing 1.0 describes', () => {
    const { bundle, keys } = sign(copyOfModel());
    const { dsseEnvelope, ...rest } = JSON.parse(bundle) as { dsseEnvelope: { payload: string } };
    expect(rest).toEqual({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: keys.signingKey('p256').keyId }, tlogEntries: [] },
    });
    const ours = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as Record<string, unknown>;
    const theirs = JSON.parse(
      Buffer.from(
        (
          JSON.parse(readFileSync(join(FIXTURE, 'prime256v1.sig'), 'utf8')) as typeof rest & {
            dsseEnvelope: { payload: string };
          }
        ).dsseEnvelope.payload,
        'base64',
      ).toString(),
    ) as { predicate: { serialization: { ignore_paths: string[] } } };
    const sorted = (of: typeof theirs) => of.predicate.serialization.ignore_paths.sort();
    const { assay, ...predicate } = ours.predicate as Record<string, unknown>;
    expect({ ...ours, predicate }).toEqual({ ...theirs });
    expect(sorted(theirs)).toEqual(['.git', '.gitattributes', '.github', '.gitignore']);
    expect(assay).toEqual({
      tensors: [
        {
          ...{ name: 'dense/kernel', shape: [2, 2], dtype: 'float32' },
          digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        },
      ],
    });
  });

  it('names the layer that moved, and by how much where the original is at hand', () => {
    const original = copyOfModel();
    const keys = KeyStore.open({ ASSAY_KEYS: join(temporary(), 'keys') });
    const artifact = `sha256:${'a'.repeat(64)}` as never;
    const bundle = signFolder(original, { name: 'tiny', artifact }, keys.signingKey('p256'));
    const moved = copyOfModel();
    const bytes = readFileSync(join(moved, 'weights.bin'));
    bytes.writeFloatLE(4, 0);
    bytes.writeFloatLE(6, 4);
    writeFileSync(join(moved, 'weights.bin'), bytes);
    const request = { name: 'tiny', path: moved, bundle, keys: keys.publicKeys(), ignored: [] };
    const near = verifyModel({ ...request, withOriginal: (_, use) => use(original) });
    // 1, 2, 3, 4 became 4, 6, 3, 4: 3 and 4 apart, from a length of the root of 30.
    expect(near.findings.at(-1)).toEqual({
      ...{ problem: 'moved', subject: 'dense/kernel', detail: '' },
      distance: { l2: 5, relative: 5 / Math.sqrt(30), max: 4 },
    });
    const far = verifyModel({ ...request, withOriginal: (_, use) => use(undefined) });
    expect(far.findings.at(-1)).toMatchObject({ subject: 'dense/kernel', distance: null });
    // An original that was itself edited is no measure.
    const edited = verifyModel({ ...request, withOriginal: (_, use) => use(moved) });
    expect(edited.findings.at(-1)).toMatchObject({ problem: 'moved', distance: null });
  });

  it('is not made of a folder with a link or without a file', () => {
    const linked = copyOfModel();
    symlinkSync('model.json', join(linked, 'copy.json'));
    expect(() => sign(linked)).toThrow('copy.json is a symbolic link, which cannot be signed');
    expect(() => sign(temporary())).toThrow('holds no file');
  });

  it.each(['', 'text', '[]', '{}', '{"dsseEnvelope":{}}'])('is not %j', (text) => {
    expect(openBundle(text, [])).toMatchObject({ ok: false, fault: { problem: 'malformed' } });
  });
});

describe('tensors', () => {
  it('are not read where description and weights do not fit', () => {
    const model = copyOfModel();
    expect(readTensors(model)).toHaveLength(1);
    appendFileSync(join(model, 'weights.bin'), Buffer.alloc(4));
    expect(readTensors(model)).toBeNull();
  });

  it('are no finite distance apart where one of them is no number, wherever it stands', () => {
    for (const values of [
      [NaN, 1],
      [1, NaN],
      [Infinity, 1],
    ]) {
      expect(distanceOf(Float32Array.of(1, 1), Float32Array.from(values))).toEqual({
        l2: null,
        relative: null,
        max: null,
      });
    }
    expect(distanceOf(Float32Array.of(0, 0), Float32Array.of(3, 4))).toEqual({ l2: 5, relative: null, max: 4 });
  });
});
