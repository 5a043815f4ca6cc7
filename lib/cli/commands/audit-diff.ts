/** `assay audit diff A B`: every record that differs between two datasets. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { diffDatasets } from '../../audit/diff-datasets.ts';
import { SPLIT_NAMES, type SplitName } from '../../dataset/dataset.ts';
import { renderDatasetDiff, type DatasetDiffJson } from '../../report/render-dataset-diff.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { datasetJson, openDatasets, type OpenedDataset } from '../open-dataset.ts';
import { printJson, printLines } from '../print.ts';
import type { PipelineOptions } from '../project.ts';
import type { Session } from '../session.ts';

export interface AuditDiffOptions extends PipelineOptions {
  readonly split?: SplitName;
  /** How many; Infinity for `all`. */
  readonly nearest: number;
  readonly html?: string;
  readonly json?: true;
}

export async function auditDiffCommand(
  session: Session,
  whatA: string,
  whatB: string,
  options: AuditDiffOptions,
): Promise<ExitCode> {
  const [a, b] = (await openDatasets(session, [whatA, whatB], options)) as [OpenedDataset, OpenedDataset];
  const { out, err } = session.terminal;
  for (const { name, falseClaim } of [a, b]) {
    if (falseClaim !== null) err.line(`warning: ${name}: ${falseClaim}`);
  }
  const splits = options.split === undefined ? SPLIT_NAMES : [options.split];
  const diff = diffDatasets(a.dataset, b.dataset, { splits, nearest: options.nearest });
  const json: DatasetDiffJson = { a: datasetJson(a), b: datasetJson(b), ...diff };
  if (options.html !== undefined) {
    const { renderDiffPage } = await import('../../report/diff-page.ts');
    writeFileSync(resolve(session.cwd, options.html), renderDiffPage(json, a.dataset, b.dataset));
    err.line(`wrote ${options.html}`);
  }
  if (options.json) printJson(out, json);
  else printLines(out, renderDatasetDiff(json, out.colors));
  const isSound = diff.isEqual && a.falseClaim === null && b.falseClaim === null;
  return isSound ? EXIT.ok : EXIT.findings;
}
