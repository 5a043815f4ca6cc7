import { afterEach, expect, it, vi } from 'vitest';
import { UserError } from '../../lib/base/errors.ts';
import { startHeartbeat, type LeaseLineage } from '../../lib/execute/lease.ts';
import { HEARTBEAT_MS } from '../../lib/lineage/processes.ts';

afterEach(() => vi.useRealTimers());

it('a heartbeat that the database does not take is tried again, and ends nothing', () => {
  vi.useFakeTimers();
  const renewLeases = vi.fn(() => {
    throw new UserError('database-busy', 'lineage.db is locked', { hint: 'wait' });
  });
  const stop = startHeartbeat({ renewLeases } as unknown as LeaseLineage);
  vi.advanceTimersByTime(3 * HEARTBEAT_MS);
  stop();
  vi.advanceTimersByTime(HEARTBEAT_MS);
  expect(renewLeases).toHaveBeenCalledTimes(3);
});
