/** What is recorded of a run when it starts. */
import { hostname, userInfo } from 'node:os';
import type { RunStart } from '../model/run.ts';
import type { Pipeline } from '../model/stage.ts';
import { systemErrorCode } from '../base/errors.ts';
import type { Session } from './session.ts';
import { ASSAY_VERSION } from './version.ts';

export function describeRunStart(session: Session, pipeline: Pipeline, git: RunStart['git']): RunStart {
  return {
    startedAtMs: session.clock.nowMs(),
    argv: session.argv,
    profile: pipeline.profile,
    overrides: pipeline.overrides,
    pipelineDigest: pipeline.digest,
    git,
    user: userName(),
    host: hostname(),
    assayVersion: ASSAY_VERSION,
  };
}

/** A container may run us under a number that no name belongs to. */
function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return String(process.getuid?.() ?? 'unknown');
  }
}
