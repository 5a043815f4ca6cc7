import { describe, expect, it } from 'vitest';
import { isTrustworthy, type FileStamp } from '../../lib/model/stat-cache.ts';

const SECOND = 1_000_000_000n;

function stampAt(mtimeNs: bigint, ctimeNs: bigint): FileStamp {
  return { dev: 1, ino: 2, sizeBytes: 3, mtimeNs, ctimeNs };
}

describe('isTrustworthy', () => {
  const written = 1_000n * SECOND + 1n;

  it('refuses a stamp until two clock ticks have passed since the last write', () => {
    expect(isTrustworthy(stampAt(written, written), 1_000_020)).toBe(false);
    expect(isTrustworthy(stampAt(written, written), 1_000_021)).toBe(true);
  });

  it('looks at the newer of mtime and ctime', () => {
    expect(isTrustworthy(stampAt(written - 900n * SECOND, written), 1_000_010)).toBe(false);
    expect(isTrustworthy(stampAt(written, written - 900n * SECOND), 1_000_010)).toBe(false);
  });

  it('waits two seconds where the file system keeps whole seconds only', () => {
    expect(isTrustworthy(stampAt(1_000n * SECOND, 1_000n * SECOND), 1_001_999)).toBe(false);
    expect(isTrustworthy(stampAt(1_000n * SECOND, 1_000n * SECOND), 1_002_000)).toBe(true);
  });

  it('never trusts a time in the future', () => {
    expect(isTrustworthy(stampAt(2_000n * SECOND + 1n, written), 1_500_000)).toBe(false);
  });
});
