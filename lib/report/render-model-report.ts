/** What `assay verify WHAT` found: a line a finding, layers with how far they moved. */
import { alignColumns } from './table.ts';
import type { ModelFinding, ModelReport } from '../audit/verify-model.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './quantities.ts';

/** VGG19 has 38 layers; a folder beside the wrong bundle may have any number of files. */
const MOST_LINES = 60;

export function renderModelReport(report: ModelReport, colors: Colors): string[] {
  const { findings, name, signedBy } = report;
  const layers = report.layers === 0 ? '' : ` and ${formatCount(report.layers, 'layer')}`;
  const by = signedBy === null ? '' : `, signed by ${signedBy.slice(0, 16)}`;
  const what = `${name}: ${formatCount(report.files, 'file')}${layers}${by}`;
  if (report.isSound) return [`${what}: as frozen`];
  const lines = alignColumns(findings.slice(0, MOST_LINES).map((finding) => row(finding, colors)));
  if (findings.length > MOST_LINES) lines.push(`and ${findings.length - MOST_LINES} more; --json lists all`);
  const found = colors.red(formatCount(findings.length, 'finding'));
  return [...lines, signedBy === null ? `${name}: ${found}; nothing else was looked at` : `${what}: ${found}`];
}

function row({ subject, problem, detail, distance }: ModelFinding, colors: Colors): string[] {
  if (distance === null) return [subject, colors.red(problem), detail];
  const { l2, relative, max } = distance;
  return [subject, colors.red(problem), `L2 ${shown(l2)}, relative ${shown(relative)}, max ${shown(max)}`];
}

function shown(value: number | null): string {
  return value === null ? 'not finite' : String(Number(value.toPrecision(3)));
}
