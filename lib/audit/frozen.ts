/** artifacts/frozen: one signed bundle for each frozen output, by its name. The artifact that a bundle names is kept from sweeps. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDigest, type Digest } from '../base/digest.ts';
import { writeDurably } from '../base/durable-write.ts';
import { UserError } from '../base/errors.ts';
import type { StorePaths } from '../store/layout.ts';
import { readUntrusted, signModel } from './model-signing.ts';
import { readModelFiles } from './model-folder.ts';
import { readTensors, type TensorDigest } from './model-tensors.ts';
import type { SigningKey } from './keys.ts';

const ENDING = '.sig';

/** The bundle of a model in a folder or file. `artifact`: what the store calls it; null for a folder that no store holds. */
export function signFolder(
  path: string,
  options: { readonly name: string; readonly artifact: Digest | null; readonly ignored?: readonly string[] },
  key: SigningKey,
): string {
  const { name, artifact, ignored = [] } = options;
  const { files, oddities } = readModelFiles(path, (each) => IGNORED.has(each) || ignored.includes(each));
  const [odd] = oddities;
  if (odd !== undefined) {
    throw new UserError('freeze-unsupported', `${odd.path} is ${odd.what}, which cannot be signed`, {
      hint: 'put the file itself there',
    });
  }
  if (files.length === 0) {
    throw new UserError('freeze-unsupported', `${path} holds no file`, { hint: 'name a folder with a model in it' });
  }
  const tensors = readTensors(path)?.map(({ name: tensor, shape, dtype, digest }): TensorDigest => ({
    ...{ name: tensor, shape, dtype, digest },
  }));
  const assay = { ...(artifact === null ? {} : { artifact }), ...(tensors === undefined ? {} : { tensors }) };
  return signModel({ name, files, ignored, assay: Object.keys(assay).length === 0 ? null : assay }, key);
}

/** As every tool for Model Signing leaves them out. */
const IGNORED = new Set(['.git', '.gitattributes', '.github', '.gitignore']);

/** Undefined when nothing of that name was frozen. */
export function readFrozen(paths: StorePaths, name: string): string | undefined {
  const path = frozenPath(paths, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

export function writeFrozen(paths: StorePaths, name: string, bundle: string): string {
  const path = frozenPath(paths, name);
  writeDurably(path, bundle);
  return path;
}

/** What a sweep must not take. Throws UserError frozen-unreadable rather than let a frozen model go. */
export function frozenArtifacts(paths: StorePaths): Digest[] {
  if (!existsSync(paths.frozen)) return [];
  return readdirSync(paths.frozen)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => {
      const model = readUntrusted(readFileSync(join(paths.frozen, name), 'utf8'));
      const artifact = parseDigest(String(model?.assay?.artifact));
      if (artifact !== undefined) return artifact;
      throw new UserError('frozen-unreadable', `${join(paths.frozen, name)} does not tell which artifact it signs`, {
        hint: 'bring it back from a backup, or remove it if the model need not be kept',
      });
    });
}

/** A slash in a matrix value cannot be in a file's name. */
function frozenPath(paths: StorePaths, name: string): string {
  return join(paths.frozen, `${name.replaceAll('%', '%25').replaceAll('/', '%2F').replace(/^\./, '%2E')}${ENDING}`);
}
