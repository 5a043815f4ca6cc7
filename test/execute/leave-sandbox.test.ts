import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestBytes } from '../../lib/base/digest.ts';
import { leaveSandbox } from '../../lib/execute/leave-sandbox.ts';
import { sandboxFolder } from '../../lib/execute/sandbox-paths.ts';
import type { TaskDeps } from '../../lib/execute/task.ts';
import type { RunEvent } from '../../lib/model/event.ts';

it('a sandbox that cannot be removed is told of, and fails nothing that has been recorded', () => {
  const staging = mkdtempSync(join(tmpdir(), 'assay-'));
  const key = digestBytes('a');
  mkdirSync(join(sandboxFolder(staging, key), 'inputs'), { recursive: true });
  const events: RunEvent[] = [];
  const releaseTree = (): void => {
    throw Object.assign(new Error('EBUSY: resource busy or locked'), { code: 'EBUSY' });
  };
  const deps = { store: { paths: { staging }, releaseTree }, emit: (event: RunEvent) => events.push(event) };
  leaveSandbox(key, [], deps as unknown as TaskDeps);
  const message = `${sandboxFolder(staging, key)} could not be removed: EBUSY: resource busy or locked`;
  expect(events).toEqual([{ kind: 'warning', message }]);
});
