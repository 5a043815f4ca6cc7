/** What `assay verify FILE` found of a results file. */
import type { ResultsReport } from '../audit/results.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './quantities.ts';
import { alignColumns } from './table.ts';

export function renderResults(report: ResultsReport, colors: Colors): string[] {
  const { file, name, signedBy, artifacts, held, findings } = report;
  const by = signedBy === null ? '' : `, signed by ${signedBy.slice(0, 16)}`;
  const what = name === null ? `${file}${by}` : `${file}: ${name} and ${formatCount(artifacts, 'artifact')}${by}`;
  const lines = alignColumns(findings.map(({ subject, problem, detail }) => [subject, colors.red(problem), detail]));
  if (!report.isSound) return [...lines, `${what}: ${colors.red(formatCount(findings.length, 'finding'))}`];
  const here = held === null ? 'no store here to look for them' : `${held} of them in the store here, sound`;
  return [`${what}: as signed; ${here}`];
}
