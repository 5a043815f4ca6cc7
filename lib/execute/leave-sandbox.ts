/** What is done with a sandbox when the process in it has ended: its log, its partial outputs, the folder itself. */
import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { systemErrorCode } from '../base/errors.ts';
import { listOutputs } from './collect-outputs.ts';
import type { ProcessEnd } from './run-process.ts';
import { clearSandbox, type Sandbox } from './sandbox.ts';
import { sandboxFolder } from './sandbox-paths.ts';
import { storedLog } from './stage-log.ts';
import type { TaskDeps } from './task.ts';

/** Null where the stage printed nothing, or removed the file. */
export function storeLog(path: string, { isLogEmpty }: ProcessEnd, { store }: TaskDeps): Digest | null {
  return isLogEmpty || !existsSync(path) ? null : store.putBytes(storedLog(readFileSync(path)));
}

export function warnOfLeftovers(instance: string, end: ProcessEnd, { emit }: TaskDeps): void {
  if (end.logLossCode !== null) {
    emit({
      kind: 'warning',
      message: `the log of ${instance} is not whole: it could not be written (${end.logLossCode})`,
    });
  }
  if (end.leftRunning) {
    emit({
      kind: 'warning',
      message: `${instance} ended and left processes running in the background; they were stopped`,
    });
  }
  if (end.survivors.length > 0) {
    const pids = end.survivors.join(', ');
    emit({ kind: 'warning', message: `${instance}: could not be stopped even with SIGKILL: process ${pids}` });
  }
}

/** What the stage left of its outputs, and where it is kept. Folders that the engine made and the stage left empty are none. */
export function keepOutputs(executionId: number, { outputsFolder }: Sandbox, { store }: TaskDeps): string | null {
  for (const name of listOutputs(outputsFolder)) {
    const path = join(outputsFolder, name);
    if (lstatSync(path).isDirectory() && readdirSync(path).length === 0) rmdirSync(path);
  }
  return listOutputs(outputsFolder).length === 0 ? null : store.quarantineOutputs(executionId, outputsFolder);
}

/** How the execution ended is recorded by now, so that what cannot be removed is no more than in the way. */
export function leaveSandbox(key: Digest, kept: readonly string[], deps: TaskDeps): void {
  const folder = sandboxFolder(deps.store.paths.staging, key);
  try {
    clearSandbox(deps.store, folder, kept);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    deps.emit({ kind: 'warning', message: `${folder} could not be removed: ${(error as Error).message}` });
  }
}
