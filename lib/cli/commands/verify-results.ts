/** `assay verify FILE`: the numbers in a results file against their digest and signature, and against the store where it has them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isResults, verifyResults, type ResultsReport } from '../../audit/results.ts';
import type { Digest } from '../../base/digest.ts';
import { renderResults } from '../../report/render-results.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { knownKeys } from '../known-keys.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { withParts, type Parts } from '../wire.ts';

export interface VerifyResultsOptions {
  readonly key?: readonly string[];
  readonly json?: true;
}

/** Larger files are no results file. */
const LARGEST_BYTES = 64 * 1024 * 1024;

export function isResultsFile(session: Session, what: string): boolean {
  const path = resolve(session.cwd, what);
  if (!existsSync(path)) return false;
  const stat = statSync(path);
  return stat.isFile() && stat.size <= LARGEST_BYTES && isResults(readFileSync(path, 'utf8'));
}

export async function verifyResultsCommand(
  session: Session,
  what: string,
  options: VerifyResultsOptions,
): Promise<ExitCode> {
  const keys = knownKeys(session, 'ed25519', options.key ?? [], { only: true }).map(({ publicPem }) => publicPem);
  const text = readFileSync(resolve(session.cwd, what), 'utf8');
  const report = await withStore(session, (damageOf) => verifyResults(what, text, keys, damageOf));
  const { out } = session.terminal;
  if (options.json) printJson(out, report);
  else printLines(out, renderResults(report, out.colors));
  return report.isSound ? EXIT.ok : EXIT.findings;
}

/** Outside a project, or before its first run, there is nothing to hold the file against. */
async function withStore(
  session: Session,
  use: (damageOf: Parameters<typeof verifyResults>[3]) => ResultsReport,
): Promise<ResultsReport> {
  const projectRoot = projectRootIfAny(session);
  if (projectRoot === undefined) return use(null);
  if (!existsSync(resolve(projectRoot, 'artifacts', 'lineage.db'))) return use(null);
  return withParts(projectRoot, session, async ({ store }: Parts) =>
    use((artifact: Digest) => {
      if (!store.has(artifact)) return undefined;
      const [damage] = store.verifyArtifact(artifact);
      return damage === undefined ? null : damage.problem;
    }),
  );
}

function projectRootIfAny(session: Session): string | undefined {
  try {
    return findProjectRoot(session);
  } catch (error) {
    if (error instanceof UsageError && error.code === 'no-pipeline' && session.projectOption === undefined)
      return undefined;
    throw error;
  }
}
