import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StageLog } from '../../lib/execute/stage-log.ts';

describe('a log for which there is no room', () => {
  // A device of Linux that is always full.
  it.skipIf(!existsSync('/dev/full'))('goes on showing what comes, and says that it is not whole', () => {
    const shown: string[] = [];
    const log = new StageLog('/dev/full', (_, text) => shown.push(text));
    log.write('stdout', Buffer.from('one\ntwo\n'));
    log.write('stdout', Buffer.from('three\n'));
    log.close();
    expect(shown.join('')).toBe('one\ntwo\nthree\n');
    expect(log).toMatchObject({ tail: ['one', 'two', 'three'], lossCode: 'ENOSPC' });
  });
});
