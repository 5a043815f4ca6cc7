/** `assay doctor`: whether this machine and this store can do the work, and what to do where they cannot. */
import type { Pipeline } from '../../model/stage.ts';
import { renderChecks } from '../../report/render-checks.ts';
import { renderRebuild } from '../../report/render-rebuild.ts';
import { checkMachine } from '../check-machine.ts';
import { checkStore } from '../check-store.ts';
import type { Check } from '../../report/render-checks.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, loadPipeline, type PipelineOptions } from '../project.ts';
import type { Session } from '../session.ts';
import { PipelineError, UsageError } from '../usage-error.ts';

export interface DoctorOptions extends PipelineOptions {
  readonly rebuild?: true;
  readonly json?: true;
}

export async function doctorCommand(session: Session, options: DoctorOptions): Promise<ExitCode> {
  if (options.rebuild) return rebuild(session, options.json === true);
  const project = await openProject(session, options);
  const checks = [...(await checkMachine(project.root ?? session.cwd, project.pipeline)), project.check];
  if (project.root !== null) checks.push(...(await checkStore(project.root, project.pipeline, session)));
  const { out } = session.terminal;
  if (options.json) printJson(out, { checks });
  else printLines(out, renderChecks(checks, out.colors));
  return checks.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.ok;
}

async function rebuild(session: Session, asJson: boolean): Promise<ExitCode> {
  const { rebuildDatabase } = await import('../rebuild-database.ts');
  const rebuilt = await rebuildDatabase(findProjectRoot(session), session);
  const { out } = session.terminal;
  if (asJson) printJson(out, rebuilt);
  else printLines(out, renderRebuild(rebuilt));
  return EXIT.ok;
}

interface Project {
  readonly root: string | null;
  readonly pipeline: Pipeline | null;
  readonly check: Check;
}

/** The machine can be judged without a project, and a store without a pipeline that reads well. */
async function openProject(session: Session, options: PipelineOptions): Promise<Project> {
  let root: string | null = null;
  try {
    root = findProjectRoot(session);
    const pipeline = await loadPipeline(root, session, options);
    const count = pipeline.instances.length;
    return {
      root,
      pipeline,
      check: { name: 'pipeline', status: 'ok', finding: `${count} stage instances`, fix: null },
    };
  } catch (error) {
    if (error instanceof UsageError) {
      const check: Check = { name: 'pipeline', status: 'warn', finding: error.message, fix: error.hint ?? null };
      return { root, pipeline: null, check };
    }
    if (!(error instanceof PipelineError)) throw error;
    const finding = `${error.diagnostics.length} faults in pipeline.yaml`;
    return { root, pipeline: null, check: { name: 'pipeline', status: 'fail', finding, fix: 'assay plan shows them' } };
  }
}
