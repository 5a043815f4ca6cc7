/** Looks again, after a stage ran, at what its key was made of. */
import { join } from 'node:path';
import { shortDigest } from '../base/digest.ts';
import { UserError } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { StageInstance } from '../model/stage.ts';
import type { OutputLookup } from '../plan/build-action.ts';
import { Planner, type PlannerDeps } from '../plan/planner.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import type { SandboxInput } from './sandbox.ts';

const MOST_PATHS = 10;

/**
 * What of the project is no longer what the action says: code, packages, `./` inputs. Empty when all is. Never throws for what the
 * user did: a program that no longer builds has changed too.
 */
export async function findEdits(
  instance: StageInstance,
  action: Action,
  outputsOf: OutputLookup,
  deps: Omit<PlannerDeps, 'force'>,
): Promise<readonly string[]> {
  // A planner of its own: the run's keeps what it read, so that all stages of a run see one project.
  const planner = new Planner({ ...deps, force: new Set() });
  try {
    await planner.prepare([instance]);
    const verdict = planner.decide(instance, outputsOf);
    return verdict.state === 'undecided' ? [] : changesBetween(instance, action, verdict.action);
  } catch (error) {
    if (error instanceof UserError) return [error.message];
    throw error;
  }
}

/**
 * Throws UserError 'input-modified' when the stage, or another, wrote into what it was given to read. What was altered through a hard
 * link is in quarantine.
 */
export function refuseModifiedInputs(store: ArtifactStore, inputs: readonly SandboxInput[]): void {
  const stored: string[] = [];
  const copied: string[] = [];
  for (const { name, label, artifact, place } of inputs) {
    const digest = typeof artifact === 'string' ? artifact : artifact.digest;
    const shown = (path: string | null): string =>
      join('inputs', name, label ?? '', path === null || path === '.' ? '' : path);
    const damage = store.findDamage(digest);
    stored.push(...damage.map(({ path, blob }) => `${shown(path)} (${shortDigest(blob)})`));
    // One that was altered through its link is told of already.
    const known = new Set(damage.map(({ path }) => shown(path)));
    copied.push(
      ...store
        .findTreeEdits(place)
        .map(shown)
        .filter((path) => !known.has(path)),
    );
  }
  if (stored.length > 0) {
    throw new UserError(
      'input-modified',
      `the stage wrote into what it was given to read: ${listed([...stored, ...copied])}; the store's copy was altered and is in quarantine`,
      { hint: 'let the program write to its outputs only, then run again: what made this input runs again first' },
    );
  }
  if (copied.length > 0) {
    throw new UserError(
      'input-modified',
      `the stage, or something beside it, wrote into what it was given to read: ${listed(copied)}; the store's own is as it was`,
      { hint: 'let the program write to its outputs only, then run again' },
    );
  }
}

/** One stage may touch each of 60,000 files. */
function listed(paths: readonly string[]): string {
  const rest = paths.length > MOST_PATHS ? ` and ${paths.length - MOST_PATHS} more` : '';
  return `${paths.slice(0, MOST_PATHS).join(', ')}${rest}`;
}

function changesBetween(instance: StageInstance, before: Action, after: Action): readonly string[] {
  const paths = Object.entries(instance.inputs).flatMap(([name, input]) =>
    input.kind === 'path' && before.inputs[name] !== after.inputs[name] ? [input.path] : [],
  );
  const packages = differingNames(before.packages, after.packages).map((name) => `package ${name}`);
  return [...differingNames(before.code, after.code), ...packages, ...paths];
}

function differingNames(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  return Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
}
