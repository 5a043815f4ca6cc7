/**
 * `assay verify --repair`: quarantines what is altered, puts rows back as the result records have them, and runs the stages whose
 * results are lost. It decides nothing anew: what is to be done with a finding stands in the finding.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../audit/verify/finding.ts';
import type { Digest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import { parseResultRecord } from '../lineage/rebuild.ts';
import type { ResultRecord } from '../lineage/result-record.ts';
import type { RecordedExecution } from '../lineage/row-snapshot.ts';
import { formatCount } from '../report/quantities.ts';
import { loosePath } from '../store/layout.ts';
import { runCommand } from './commands/run.ts';
import { planTargets } from './planning.ts';
import { loadPipeline, type PipelineOptions } from './project.ts';
import type { Session } from './session.ts';
import { PipelineError } from './usage-error.ts';
import { withParts, type Parts } from './wire.ts';

/** Runs stages are told of by the run itself; all else in the lines returned. */
export async function repairStore(
  projectRoot: string,
  session: Session,
  findings: readonly Finding[],
  options: PipelineOptions,
): Promise<string[]> {
  if (findings.some(({ mend }) => mend === 'rebuild')) return [await rebuild(projectRoot, session)];
  const done: string[] = [];
  const batches = await withParts(projectRoot, session, async (parts) => {
    parts.store.hold();
    const { executions } = parts.lineage.readRows();
    // The records are read before anything moves.
    const mended = mendDatabase(parts, session, findings, executions);
    done.push(...mended.lines, ...quarantine(parts, findings));
    return planReruns(parts, session, findings, executions, mended.forgotten, options);
  });
  for (const { instances, forced, options: runOptions } of batches) {
    const code = await runCommand(
      session,
      instances,
      forced.length > 0 ? { ...runOptions, force: forced } : runOptions,
    );
    done.push(`${code === 0 ? 'ran' : 'could not run'} ${instances.join(', ')}`);
  }
  return done;
}

async function rebuild(projectRoot: string, session: Session): Promise<string> {
  const { rebuildDatabase } = await import('./rebuild-database.ts');
  const { movedTo, restored } = await rebuildDatabase(projectRoot, session);
  const from = movedTo === null ? '' : `; what could not be read is now ${movedTo}`;
  return `brought ${formatCount(restored, 'result')} back from the store into a new lineage.db${from}`;
}

// The database

interface Mended {
  readonly lines: readonly string[];
  /** Keys whose results are not used any more, because no record can say what they were. */
  readonly forgotten: ReadonlySet<Digest>;
}

function mendDatabase(
  { lineage, store, projectRoot }: Parts,
  { clock }: Session,
  findings: readonly Finding[],
  executions: readonly RecordedExecution[],
): Mended {
  const concerned = findings.filter(({ mend }) => mend === 'rows' || mend === 'rows-and-rerun');
  if (concerned.length === 0) return { lines: [], forgotten: new Set() };
  const ids = new Set(concerned.flatMap((finding) => finding.executions));
  const records: { executionId: number; record: ResultRecord }[] = [];
  const forget = new Set<Digest>();
  for (const execution of executions.filter(({ id }) => ids.has(id))) {
    const record = readRecord(store, execution);
    if (record?.key === execution.key) records.push({ executionId: execution.id, record });
    else forget.add(execution.key);
  }
  const about = (prefix: string): Finding[] =>
    concerned.filter(({ subjects }) => subjects.some((subject) => subject.startsWith(prefix)));
  const copy = join(store.paths.quarantine, `lineage-${Math.floor(clock.nowMs())}.db`);
  lineage.mendRows(
    {
      records,
      forget: [...forget],
      artifacts: about('artifact ').flatMap(({ digest }) => (digest === null ? [] : [store.describe(digest)])),
      leases: about('lease of ').flatMap(({ digest }) => (digest === null ? [] : [digest])),
      forgetFiles: concerned.flatMap(({ file }) => (file === null ? [] : [join(projectRoot, file)])),
    },
    copy,
  );
  const lines = [`put rows right; lineage.db as it was is now artifacts/quarantine/${copy.split('/').at(-1)}`];
  return { lines, forgotten: forget };
}

/** Undefined where the store has none that can be read: then its rows cannot be put back. */
function readRecord(store: Parts['store'], { recordDigest }: RecordedExecution): ResultRecord | undefined {
  if (recordDigest === null) return undefined;
  try {
    const record = parseResultRecord(store.readBlob(recordDigest));
    return typeof record === 'string' ? undefined : record;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
}

// The store

function quarantine({ store, projectRoot }: Parts, findings: readonly Finding[]): string[] {
  const moved: string[] = [];
  for (const { problem, subjects, digest, file, mend } of findings) {
    const [subject = ''] = subjects;
    if (mend === 'view') rmSync(store.paths.view, { recursive: true, force: true });
    else if (mend === 'rows' || mend === 'rows-and-rerun') continue;
    else if (problem === 'stray' && file !== null) store.setAside(join(projectRoot, file));
    else if (problem === 'orphaned' && digest !== null) store.setAside(loosePath(store.paths, digest));
    else if (problem !== 'altered' || digest === null) continue;
    else if (subject.startsWith('pack ')) store.verifyPack(digest);
    else store.verifyBlob(digest);
    moved.push(mend === 'view' ? 'artifacts/view' : subject);
  }
  const names = [...new Set(moved)];
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  return names.length === 0 ? [] : [`moved out of the way: ${shown}`];
}

// The stages

interface Batch {
  readonly instances: string[];
  readonly forced: string[];
  readonly options: PipelineOptions;
}

/**
 * Which instances to run, and how: as the pipeline is now where that gives the same action, else as the run that made the result was
 * asked to. What neither gives any more is not run: it would make something else.
 */
async function planReruns(
  parts: Parts,
  session: Session,
  findings: readonly Finding[],
  executions: readonly RecordedExecution[],
  forgotten: ReadonlySet<Digest>,
  options: PipelineOptions,
): Promise<Batch[]> {
  const needed = new Map<number, boolean>();
  for (const { mend, executions: ids } of findings) {
    if (!['rerun', 'rerun-forced', 'rows-and-rerun'].includes(mend)) continue;
    for (const id of ids) needed.set(id, (needed.get(id) ?? false) || mend !== 'rerun');
  }
  const batches = new Map<string, Batch>();
  for (const execution of executions) {
    const isNeeded = needed.has(execution.id) || forgotten.has(execution.key);
    const isForced = needed.get(execution.id) === true && !forgotten.has(execution.key);
    const chosen = isNeeded ? await findOptions(parts, session, execution, options) : undefined;
    if (chosen === undefined) continue;
    const name = JSON.stringify(chosen);
    const batch = batches.get(name) ?? { instances: [], forced: [], options: chosen };
    batches.set(name, batch);
    if (!batch.instances.includes(execution.instance)) batch.instances.push(execution.instance);
    if (isForced && !batch.forced.includes(execution.instance)) batch.forced.push(execution.instance);
  }
  return [...batches.values()];
}

async function findOptions(
  parts: Parts,
  session: Session,
  { instance, key, runId }: RecordedExecution,
  asked: PipelineOptions,
): Promise<PipelineOptions | undefined> {
  const run = parts.lineage.findRun(runId);
  const ofThen: PipelineOptions[] =
    run === undefined ? [] : [{ ...(run.profile === null ? {} : { profile: run.profile }), set: run.overrides }];
  for (const options of [asked, ...ofThen]) {
    try {
      const pipeline = await loadPipeline(parts.projectRoot, session, options);
      if (!pipeline.instances.some(({ id }) => id === instance)) continue;
      const plan = await planTargets(parts, session, pipeline, [instance]);
      const verdict = plan.steps.find((step) => step.instance.id === instance)?.verdict;
      // Undecided until what it reads has been made again; then the run decides.
      if (verdict !== undefined && (verdict.state === 'undecided' || verdict.key === key)) return options;
    } catch (error) {
      if (!(error instanceof UserError) && !(error instanceof PipelineError)) throw error;
    }
  }
  return undefined;
}
