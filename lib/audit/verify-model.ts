/** A model on the disk against the bundle that was signed when it was frozen: files, and where both are known, tensors. */
import { parseDigest, shortDigest, type Digest } from '../base/digest.ts';
import { liesIn, readModelFiles } from './model-folder.ts';
import { openBundle, type BundleFault, type SignedModel } from './model-signing.ts';
import { distanceOf, readTensors, type Distance, type TensorDigest } from './model-tensors.ts';
import type { PublicKey } from './public-key.ts';

export interface ModelFinding {
  readonly problem: BundleFault['problem'] | 'altered' | 'missing' | 'unlisted' | 'link' | 'moved' | 'reshaped';
  /** A file, a layer, or `signature`. */
  readonly subject: string;
  readonly detail: string;
  /** Of a layer that moved, where the original is at hand; else null. */
  readonly distance: Distance | null;
}

/** `assay verify WHAT --json`. */
export interface ModelReport {
  readonly isSound: boolean;
  readonly name: string;
  /** Null unless the signature is good. */
  readonly signedBy: string | null;
  readonly files: number;
  /** Layers that were signed one by one; 0 where only files were. */
  readonly layers: number;
  readonly movedLayers: number;
  readonly findings: readonly ModelFinding[];
}

export interface VerifyModelRequest {
  readonly name: string;
  /** A folder, or a file. */
  readonly path: string;
  readonly bundle: string;
  readonly keys: readonly PublicKey[];
  /** Inside the model: the bundle itself. */
  readonly ignored: readonly string[];
  /** Gives `use` a folder that holds the frozen original; undefined when it is not at hand. */
  readonly withOriginal: <T>(artifact: Digest, use: (folder: string | undefined) => T) => T;
}

/** Changes nothing. Without a good signature nothing else is said: a list that anyone may have written proves nothing. */
export function verifyModel(request: VerifyModelRequest): ModelReport {
  const opened = openBundle(request.bundle, request.keys);
  const counts = { name: request.name, files: 0, layers: 0, movedLayers: 0 };
  if (!opened.ok) {
    const { problem, detail } = opened.fault;
    return {
      ...counts,
      isSound: false,
      signedBy: null,
      findings: [{ problem, subject: 'signature', detail, distance: null }],
    };
  }
  const { model, keyId } = opened;
  const files = compareFiles(request, model);
  const signed = signedTensors(model);
  const layers = signed.length === 0 || files.length === 0 ? [] : compareTensors(request, model, signed);
  const findings = [...files, ...layers];
  return {
    ...{ isSound: findings.length === 0, name: request.name, signedBy: keyId },
    ...{ files: model.files.length, layers: signed.length },
    movedLayers: layers.filter(({ problem }) => problem === 'moved').length,
    findings,
  };
}

function compareFiles({ path: root, ignored }: VerifyModelRequest, model: SignedModel): ModelFinding[] {
  const passed = [...model.ignored, ...ignored];
  const { files, oddities } = readModelFiles(root, (path) => liesIn(path, passed));
  const found = new Map(files.map(({ path, digest }) => [path, digest]));
  const listed = new Map(model.files.map(({ path, digest }) => [path, digest]));
  const finding = (problem: ModelFinding['problem'], subject: string, detail: string): ModelFinding => ({
    ...{ problem, subject, detail, distance: null },
  });
  return [
    ...oddities.map(({ path, what }) => finding('link', path, `it is ${what}, which no signature covers`)),
    ...[...listed].flatMap(([path, digest]) => {
      const now = found.get(path);
      if (oddities.some((oddity) => oddity.path === path)) return [];
      if (now === undefined) return [finding('missing', path, 'it was signed and is not there')];
      if (now === digest) return [];
      return [finding('altered', path, `found ${shortDigest(now)}, signed was ${shortDigest(digest)}`)];
    }),
    ...files
      .filter(({ path }) => !listed.has(path))
      .map(({ path, digest }) => finding('unlisted', path, sameAs(digest, listed) ?? 'the signature does not list it')),
  ];
}

/** A renamed file is missing under one name and unlisted under another. */
function sameAs(digest: Digest, listed: ReadonlyMap<string, Digest>): string | undefined {
  const twin = [...listed].find(([, each]) => each === digest)?.[0];
  return twin === undefined ? undefined : `the signature does not list it; it has the content of ${twin}`;
}

function compareTensors(
  request: VerifyModelRequest,
  model: SignedModel,
  signed: readonly TensorDigest[],
): ModelFinding[] {
  const now = readTensors(request.path);
  if (now === null) return [];
  const artifact = parseDigest(String(model.assay?.artifact));
  const compare = (folder: string | undefined): ModelFinding[] => {
    const originals = new Map(
      (folder === undefined ? [] : (readTensors(folder) ?? [])).map((each) => [each.name, each]),
    );
    const present = new Map(now.map((each) => [each.name, each]));
    const changed = signed.flatMap(({ name, shape, digest }): ModelFinding[] => {
      const tensor = present.get(name);
      const of = { subject: name, distance: null };
      if (tensor === undefined) return [{ ...of, problem: 'missing', detail: 'the model no longer has this layer' }];
      if (tensor.shape.join() !== shape.join()) {
        return [{ ...of, problem: 'reshaped', detail: `its shape is [${tensor.shape}], signed was [${shape}]` }];
      }
      if (tensor.digest === digest) return [];
      const original = originals.get(name);
      // Of an original that is itself not what was signed no distance is told.
      if (original?.digest !== digest)
        return [{ ...of, problem: 'moved', detail: 'by how much is not known: the frozen original is not at hand' }];
      return [{ ...of, problem: 'moved', detail: '', distance: distanceOf(original.values, tensor.values) }];
    });
    const names = new Set(signed.map(({ name }) => name));
    const added = now.filter(({ name }) => !names.has(name));
    return [
      ...changed,
      ...added.map(({ name }): ModelFinding => ({
        ...{ problem: 'unlisted', subject: name, distance: null, detail: 'the signature does not list this layer' },
      })),
    ];
  };
  return artifact === undefined ? compare(undefined) : request.withOriginal(artifact, compare);
}

/** Signed by us, so of the form that we write; anything else is passed over. */
function signedTensors(model: SignedModel): TensorDigest[] {
  const tensors = model.assay?.tensors;
  return Array.isArray(tensors) ? (tensors as unknown as TensorDigest[]) : [];
}
