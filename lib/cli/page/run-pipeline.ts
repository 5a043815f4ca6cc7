/** The pipeline that a run was of, when pipeline.yaml still is that file, and the part of it that the run was asked for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { digestBytes } from '../../base/digest.ts';
import { systemErrorCode, UserError } from '../../base/errors.ts';
import type { Run } from '../../model/run.ts';
import type { Pipeline, StageInstance } from '../../model/stage.ts';
import { selectTargets } from '../../pipeline/select-targets.ts';
import { loadPipeline, PIPELINE_FILE } from '../project.ts';
import { recordedTargets } from '../program/run-syntax.ts';
import type { Session } from '../session.ts';
import { PipelineError } from '../usage-error.ts';

export interface RunPipeline {
  readonly pipeline: Pipeline;
  /** What the run was asked for, each after all that it reads. */
  readonly instances: readonly StageInstance[];
}

/** Undefined when the file has changed since, or a file that it names is gone: then only history can tell. */
export async function pipelineOfRun(projectRoot: string, session: Session, run: Run): Promise<RunPipeline | undefined> {
  if (!isSameFile(projectRoot, run)) return undefined;
  const { profile, overrides: set } = run;
  try {
    // The mirror is among what was recorded as set.
    const asThen = { ...session, env: { ...session.env, ASSAY_MIRROR: undefined } };
    const pipeline = await loadPipeline(projectRoot, asThen, { set, ...(profile === null ? {} : { profile }) });
    const selected = selectTargets(pipeline, recordedTargets(new Command(), run.argv));
    return selected.ok ? { pipeline, instances: selected.value } : undefined;
  } catch (error) {
    const isOfThen = [PipelineError, UserError, CommanderError].some((kind) => error instanceof kind);
    if (isOfThen) return undefined;
    throw error;
  }
}

function isSameFile(projectRoot: string, run: Run): boolean {
  try {
    return digestBytes(readFileSync(join(projectRoot, PIPELINE_FILE))) === run.pipelineDigest;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}
