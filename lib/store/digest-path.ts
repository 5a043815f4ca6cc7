/** The digest a file or folder of the project would have as an artifact, without storing it. */
import type { Clock } from '../base/clock.ts';
import { digestHex, digestOpenFile, startDigest, type Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { Manifest } from '../model/artifact.ts';
import type { FileStamp, StatCache } from '../model/stat-cache.ts';
import { collectTree, withCollected, type CollectedFile } from './collect.ts';
import { summarise } from './manifest.ts';
import { stampOf } from './stamps.ts';

export interface PathDigest {
  /** Of the artifact that putInput would make. */
  readonly digest: Digest;
  readonly form: Manifest['form'];
  readonly sizeBytes: number;
  readonly fileCount: number;
  /** Of a file's plain bytes, as sha256sum prints it; null for a folder. */
  readonly blob: Digest | null;
}

/** Files of a changed folder below this size are hashed again: quicker than 60,000 rows in the cache. */
const WORTH_REMEMBERING_BYTES = 64 * 1024;

/**
 * Digests `path` (absolute), reading only what changed. Throws UserError `input-missing`, `input-empty`, `input-unsupported`
 * (a symbolic link anywhere, wherever it points), `input-unreadable`.
 *
 * An unchanged folder costs a listing and one stat a file: one stamp over all of them is remembered for the whole tree.
 */
export function digestPath(path: string, statCache: StatCache, clock: Clock): PathDigest {
  // Before any stamp is taken: see Stamps.rehash.
  const hashedAtMs = clock.nowMs();
  const { form, files } = collectTree(path, 'input');
  if (form === 'file') return digestFilePath(path, statCache, hashedAtMs);

  const stamps = files.map(stampCollected);
  const treeStamp = foldStamps(files, stamps);
  let sizeBytes = 0;
  for (const stamp of stamps) sizeBytes += stamp.sizeBytes;
  // The trailing slash keeps the folder's row apart from a file's.
  const key = `${path}/`;
  let digest = statCache.recall(key, treeStamp);
  if (digest === undefined) {
    const entries = files.map((file, i) => {
      const { digest: blob, sizeBytes: size } = digestCollected(file, stamps[i]!, statCache, hashedAtMs);
      return { path: file.path, sizeBytes: size, blob };
    });
    digest = summarise({ form, entries }).digest;
    statCache.remember(key, treeStamp, digest, hashedAtMs);
  }
  return { digest, form, sizeBytes, fileCount: files.length, blob: null };
}

function digestFilePath(path: string, statCache: StatCache, hashedAtMs: number): PathDigest {
  const file = { path: '.', absolute: path };
  const { digest: blob, sizeBytes } = digestCollected(file, stampCollected(file), statCache, hashedAtMs, 0);
  const { digest } = summarise({ form: 'file', entries: [{ path: '.', sizeBytes, blob }] });
  return { digest, form: 'file', sizeBytes, fileCount: 1, blob };
}

function digestCollected(
  { absolute }: CollectedFile,
  stamp: FileStamp,
  statCache: StatCache,
  hashedAtMs: number,
  rememberFromBytes = WORTH_REMEMBERING_BYTES,
): { digest: Digest; sizeBytes: number } {
  const isRemembered = stamp.sizeBytes >= rememberFromBytes;
  const known = isRemembered ? statCache.recall(absolute, stamp) : undefined;
  if (known !== undefined) return { digest: known, sizeBytes: stamp.sizeBytes };
  const hashed = withCollected(absolute, 'input', digestOpenFile);
  // A size that differs shows that it was written to meanwhile; a write that keeps the size moves the stamp.
  if (isRemembered && hashed.sizeBytes === stamp.sizeBytes) {
    statCache.remember(absolute, stamp, hashed.digest, hashedAtMs);
  }
  return hashed;
}

function stampCollected({ absolute }: CollectedFile): FileStamp {
  const stamp = stampOf(absolute);
  if (stamp !== undefined) return stamp;
  throw new UserError('input-unreadable', `input cannot be read (ENOENT): ${absolute}`, {
    hint: 'It changed while Assay read it. Let nothing write there meanwhile, and run again.',
  });
}

/**
 * One stamp for a tree: its times are the newest of any file, which the cache's rule looks at; its other three numbers are 144
 * bits of a digest over every path and stamp, so any file added, removed, renamed or written changes it.
 */
function foldStamps(files: readonly CollectedFile[], stamps: readonly FileStamp[]): FileStamp {
  let mtimeNs = 0n;
  let ctimeNs = 0n;
  // Numbers as they are in memory, not as text: 19 ms instead of 106 for 60,000 files. The cache never leaves the machine.
  const numbers = new Float64Array(files.length * 3);
  const times = new BigInt64Array(files.length * 2);
  stamps.forEach((stamp, i) => {
    if (stamp.mtimeNs > mtimeNs) mtimeNs = stamp.mtimeNs;
    if (stamp.ctimeNs > ctimeNs) ctimeNs = stamp.ctimeNs;
    numbers[i * 3] = stamp.dev;
    numbers[i * 3 + 1] = stamp.ino;
    numbers[i * 3 + 2] = stamp.sizeBytes;
    times[i * 2] = stamp.mtimeNs;
    times[i * 2 + 1] = stamp.ctimeNs;
  });
  const stream = startDigest();
  stream.update(new Uint8Array(numbers.buffer));
  stream.update(new Uint8Array(times.buffer));
  stream.update(files.map(({ path }) => path).join('\0'));
  const hex = digestHex(stream.finish());
  const [dev, ino, sizeBytes] = [0, 12, 24].map((at) => parseInt(hex.slice(at, at + 12), 16)) as [
    number,
    number,
    number,
  ];
  return { dev, ino, sizeBytes, mtimeNs, ctimeNs };
}
