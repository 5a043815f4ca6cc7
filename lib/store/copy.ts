/** Copies of file content: shared with the original where the file system can, else in one pass with the hash. */
import { constants, copyFileSync, readSync } from 'node:fs';
import { startDigest, type Digest } from '../base/digest.ts';
import { writeAll } from '../base/durable-write.ts';
import { systemErrorCode } from '../base/errors.ts';

const PIECE_BYTES = 1 << 20;
const UNSUPPORTED = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY', 'EXDEV']);

/** Copies by reflink (btrfs, xfs, apfs), and asks no more once the file system has said that it cannot. */
export class Reflink {
  #isUnsupported = false;

  /** Makes `to` a copy that shares its blocks with `from`; false when the file system cannot. `to` must not exist. */
  try(from: string, to: string): boolean {
    if (this.#isUnsupported) return false;
    try {
      copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      return true;
    } catch (error) {
      if (!UNSUPPORTED.has(systemErrorCode(error) ?? '')) throw error;
      this.#isUnsupported = true;
      return false;
    }
  }
}

/** Copies all of one open file into another and hashes it on the way. */
export function copyHashing(from: number, to: number): { digest: Digest; sizeBytes: number } {
  const stream = startDigest();
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let sizeBytes = 0;
  for (;;) {
    const count = readSync(from, piece, 0, PIECE_BYTES, null);
    if (count === 0) return { digest: stream.finish(), sizeBytes };
    const bytes = piece.subarray(0, count);
    stream.update(bytes);
    writeAll(to, bytes);
    sizeBytes += count;
  }
}
