/** `assay graph`: the pipeline as a drawing, or in a notation that other programs draw. */
import { renderGraph, type GraphFormat } from '../../report/render-graph.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findProjectRoot, loadPipeline, type PipelineOptions } from '../project.ts';
import { printLines } from '../print.ts';
import type { Session } from '../session.ts';

export interface GraphOptions extends PipelineOptions {
  readonly format: GraphFormat;
  readonly json?: true;
}

export async function graphCommand(session: Session, options: GraphOptions): Promise<ExitCode> {
  const pipeline = await loadPipeline(findProjectRoot(session), session, options);
  printLines(session.terminal.out, renderGraph(pipeline, options.json ? 'json' : options.format));
  return EXIT.ok;
}
