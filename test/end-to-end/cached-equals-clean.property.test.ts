/** The law of the whole engine: what an incremental run gives is what a run from nothing gives. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import type { Digest } from '../../lib/base/digest.ts';
import { UserError } from '../../lib/base/errors.ts';
import type { StageInstance } from '../../lib/model/stage.ts';
import { parsePipeline } from '../../lib/pipeline/parse-pipeline.ts';
import { makeProject, runProject, withEngine, type RunResult } from '../support/execute-rig.ts';
import {
  anyEdit,
  anyStages,
  environmentOf,
  FATAL_TEXT,
  FIRST_STATE,
  harmBlob,
  touchAll,
  writeState,
  type Edit,
  type StageSpec,
  type State,
} from './generated-project.ts';

/** About 25 s of processor time. A failure is shrunk for no longer than this, so that it is told and not timed out. */
const CASES = 14;
const LONGEST_MS = 200_000;

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

function open(): string {
  const root = makeProject();
  roots.push(root);
  return root;
}

function instancesOf(root: string): readonly StageInstance[] {
  const text = readFileSync(join(root, 'pipeline.yaml'), 'utf8');
  const parsed = parsePipeline(text, { file: 'pipeline.yaml', projectRoot: root, profile: null, overrides: [] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error, null, 1));
  return parsed.value.instances;
}

/** What each instance made, or that it did not. */
type Made = Readonly<Record<string, Digest | 'failed' | 'skipped'>>;

function madeBy(result: RunResult): Made {
  return Object.fromEntries(
    result.outcomes.map(({ instance, outcome, outputs }) => [
      instance,
      outputs['out'] ?? (outcome === 'failed' || outcome === 'skipped' ? outcome : `made nothing: ${outcome}`),
    ]),
  ) as Made;
}

/** Runs from nothing, once for each state. */
class CleanRuns {
  readonly #known = new Map<string, Made>();

  async of(specs: readonly StageSpec[], state: State): Promise<Made> {
    const key = JSON.stringify(state);
    let made = this.#known.get(key);
    if (made === undefined) {
      const root = open();
      writeState(root, specs, state);
      made = madeBy(await runProject(root, instancesOf(root), { env: environmentOf(state), keepGoing: true }));
      // Else both runs could fail for the same wrong reason, and be equal.
      if (state.text !== FATAL_TEXT) expect(Object.values(made).filter((one) => one === 'failed')).toEqual([]);
      this.#known.set(key, made);
      rmSync(root, { recursive: true });
    }
    return made;
  }
}

async function applyEdit(root: string, specs: readonly StageSpec[], state: State, edit: Edit): Promise<void> {
  const folder = (name: string) => rmSync(join(root, 'artifacts', name), { recursive: true, force: true });
  switch (edit.kind) {
    case 'state':
      return writeState(root, specs, state);
    case 'touch':
      return touchAll(root);
    case 'force':
      return;
    case 'interrupt': {
      const abort = new AbortController();
      let starts = 0;
      const env = environmentOf(state);
      await runProject(root, instancesOf(root), {
        env,
        signal: abort.signal,
        onEvent: ({ kind }) => kind === 'stage-started' && ++starts === edit.atStart && abort.abort(),
      });
      return;
    }
    case 'delete':
      if (edit.what !== 'database') return folder(edit.what);
      return ['lineage.db', 'lineage.db-wal', 'lineage.db-shm'].forEach(folder);
    case 'sweep':
      await withEngine(root, ({ lineage, store }) => {
        const reachable = lineage.reachableDigests();
        try {
          store.sweep((digest) => reachable.has(digest));
        } catch (error) {
          // Damage to what no present result needs, a log or an older result, is found by the sweep alone. It deletes nothing then.
          if (!(error instanceof UserError && error.code === 'sweep-refused')) throw error;
        }
      });
      return;
    case 'blob':
      return harmBlob(root, edit);
  }
}

async function checkRun(root: string, state: State, force: readonly string[], clean: Made): Promise<void> {
  const env = environmentOf(state);
  const instances = instancesOf(root);
  const result = await runProject(root, instances, { env, force, keepGoing: true });
  expect(madeBy(result)).toEqual(clean);
  await withEngine(root, ({ store }) => {
    for (const { outputs } of result.outcomes) {
      for (const digest of Object.values(outputs)) expect(store.verifyArtifact(digest)).toEqual([]);
    }
    const entries = result.outcomes.flatMap(({ instance, outputs }) =>
      Object.entries(outputs).map(([output, artifact]) => ({ stage: instance, output, artifact })),
    );
    store.viewCurrent(entries);
    for (const { stage, output } of entries) expect(existsSync(join(root, 'artifacts/view', stage, output))).toBe(true);
  });
  const again = await runProject(root, instances, { env, keepGoing: true });
  expect(again.outcomes.filter(({ outcome }) => !['cached', 'failed', 'skipped'].includes(outcome))).toEqual([]);
  expect(madeBy(again)).toEqual(clean);
}

it('whatever is edited, deleted, damaged, forced or interrupted, a run makes what a clean run makes, and the next runs nothing', async () => {
  await fc.assert(
    fc.asyncProperty(anyStages, fc.array(anyEdit, { minLength: 3, maxLength: 7 }), async (specs, edits) => {
      const root = open();
      const cleanRuns = new CleanRuns();
      let state = FIRST_STATE;
      writeState(root, specs, state);
      await checkRun(root, state, [], await cleanRuns.of(specs, state));
      for (const edit of edits) {
        if (edit.kind === 'state') state = { ...state, ...edit.change };
        await applyEdit(root, specs, state, edit);
        const present = Math.min(specs.length, state.stages);
        const force = edit.kind === 'force' ? [`s${edit.stage % present}`] : [];
        await checkRun(root, state, force, await cleanRuns.of(specs, state));
      }
    }),
    { numRuns: CASES, interruptAfterTimeLimit: LONGEST_MS },
  );
}, 300_000);
