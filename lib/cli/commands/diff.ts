/** `assay diff <runA> <runB>`: what differs between two runs. */
import { compareUtf8 } from '../../base/canonical-json.ts';
import type { StageOutcome } from '../../model/run.ts';
import { explainChange } from '../../plan/explain-change.ts';
import { renderDiff, runJson, type DiffJson, type StageDiff } from '../../report/render-diff.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRun } from '../history.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { withParts, type Parts } from '../wire.ts';

export interface DiffOptions {
  readonly json?: true;
}

export async function diffCommand(session: Session, a: number, b: number, options: DiffOptions): Promise<ExitCode> {
  await withParts(findProjectRoot(session), session, async ({ lineage }) => {
    const [runA, runB] = [findRun(lineage, a), findRun(lineage, b)];
    const before = byInstance(lineage.outcomesOf(a));
    const after = byInstance(lineage.outcomesOf(b));
    const instances = [...new Set([...before.keys(), ...after.keys()])];
    const stages = instances.map((id) => compareStage(lineage, id, before.get(id), after.get(id))).filter(differs);
    const json: DiffJson = { a: runJson(runA), b: runJson(runB), stages };
    const { out } = session.terminal;
    if (options.json) printJson(out, json);
    else printLines(out, renderDiff(json, out.colors));
  });
  return EXIT.ok;
}

function compareStage(
  lineage: Parts['lineage'],
  instance: string,
  a: StageOutcome | undefined,
  b: StageOutcome | undefined,
): StageDiff {
  const actionA = a?.key == null ? undefined : lineage.findAction(a.key);
  const actionB = b?.key == null ? undefined : lineage.findAction(b.key);
  const outputs = new Set([...Object.keys(a?.outputs ?? {}), ...Object.keys(b?.outputs ?? {})]);
  const [metricsA, metricsB] = [metricsOf(lineage, a), metricsOf(lineage, b)];
  const metrics = new Set([...metricsA.keys(), ...metricsB.keys()]);
  return {
    instance,
    outcomes: [a?.outcome ?? null, b?.outcome ?? null],
    changes: actionA === undefined || actionB === undefined ? [] : explainChange(actionA, actionB),
    artifacts: [...outputs]
      .map((output) => ({ output, a: a?.outputs[output] ?? null, b: b?.outputs[output] ?? null }))
      .filter((each) => each.a !== each.b),
    metrics: [...metrics]
      .sort(compareUtf8)
      .map((name) => ({ name, a: metricsA.get(name) ?? null, b: metricsB.get(name) ?? null }))
      .filter((each) => each.a !== each.b),
  };
}

function differs({ outcomes: [a, b], changes, artifacts, metrics }: StageDiff): boolean {
  return a !== b || changes.length > 0 || artifacts.length > 0 || metrics.length > 0;
}

function byInstance(outcomes: readonly StageOutcome[]): Map<string, StageOutcome> {
  return new Map(outcomes.map((outcome) => [outcome.instance, outcome]));
}

/** `metrics.accuracy`: the output's name first, for a stage may have two metrics outputs. */
function metricsOf(lineage: Parts['lineage'], outcome: StageOutcome | undefined): Map<string, number> {
  if (outcome?.executionId == null) return new Map();
  return new Map(lineage.metricsOf(outcome.executionId).map(({ output, name, value }) => [`${output}.${name}`, value]));
}
