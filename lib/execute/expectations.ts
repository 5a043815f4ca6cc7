/** Finds the expectations of an instance that do not hold: of outputs just made, or of cached ones. */
import { join } from 'node:path';
import type { JsonObject } from '../base/canonical-json.ts';
import type { Clock } from '../base/clock.ts';
import { digestHex, type Digest } from '../base/digest.ts';
import { InternalError, UserError } from '../base/errors.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { Action } from '../model/action.ts';
import type { OutputDigests } from '../model/plan.ts';
import type { ExpectationRecord } from '../model/run.ts';
import type { Seal } from '../model/seal.ts';
import type { Expectation, StageInstance } from '../model/stage.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { digestPath } from '../store/digest-path.ts';
import { checkExpectation, describeBreaches, expectationDigest, type CheckedExpectation } from './check-expectation.ts';
import { removeTree } from './remove-tree.ts';
import type { Sandbox } from './sandbox.ts';

const SEAL_TAG = 'expectation-seal/v1';

export interface ExpectationDeps {
  readonly store: ArtifactStore;
  readonly lineage: Pick<Lineage, 'statCache' | 'findExpectation' | 'saveExpectation'>;
  readonly clock: Clock;
  readonly seal: Seal;
  readonly onChecked: (record: ExpectationRecord) => void;
}

/** Checks what lies in the sandbox, before any of it is stored. Throws UserError 'expectation-failed' and what dataset/ throws. */
export function checkFreshOutputs(
  instance: StageInstance,
  action: Action,
  sandbox: Sandbox,
  deps: ExpectationDeps,
): readonly ExpectationRecord[] {
  return checkAll(instance, deps, (output, expectation) => {
    const folder = sandbox.outputPaths[output] as string;
    const artifact = digestPath(folder, deps.lineage.statCache, deps.clock).digest;
    const againstFolder = expectation.against === null ? null : (sandbox.inputPaths[expectation.against] as string);
    const checked = checkExpectation(expectation, { output, artifact, folder, againstFolder });
    const against = againstOf(instance, action, expectation);
    remember(expectationDigest(artifact, against, expectation), checked.record, deps);
    return checked;
  });
}

/** The same of stored outputs; what this user found before of the same artifacts is believed, unless it was a breach. */
export function checkCachedOutputs(
  instance: StageInstance,
  action: Action,
  outputs: OutputDigests,
  deps: ExpectationDeps,
): readonly ExpectationRecord[] {
  return checkAll(instance, deps, (output, expectation) => {
    const artifact = outputs[output] as Digest;
    const against = againstOf(instance, action, expectation);
    const digest = expectationDigest(artifact, against, expectation);
    const known = recall(digest, deps);
    // A breach is looked at again: its places are not remembered, and a run that ends with it has time.
    if (known?.holds === true) return { record: known, places: {} };
    const checked = withFolders(deps.store, [artifact, against], ([folder, againstFolder]) =>
      checkExpectation(expectation, {
        output,
        artifact,
        folder: folder as string,
        againstFolder: againstFolder ?? null,
      }),
    );
    remember(digest, checked.record, deps);
    return checked;
  });
}

/** The row alone is believed by nobody: whoever may write to the database could open the gate with one. */
function recall(digest: Digest, { lineage, seal }: ExpectationDeps): ExpectationRecord | undefined {
  const known = lineage.findExpectation(digest);
  return known !== undefined && seal.holds(SEAL_TAG, noteOf(digest, known.record), known.seal)
    ? known.record
    : undefined;
}

function remember(digest: Digest, record: ExpectationRecord, { lineage, seal }: ExpectationDeps): void {
  lineage.saveExpectation(digest, { record, seal: seal.seal(SEAL_TAG, noteOf(digest, record)) });
}

/** As the text that is stored. */
function noteOf(digest: Digest, record: ExpectationRecord): JsonObject {
  return { digest, record: JSON.stringify(record) };
}

function checkAll(
  instance: StageInstance,
  deps: ExpectationDeps,
  check: (output: string, expectation: Expectation) => CheckedExpectation,
): readonly ExpectationRecord[] {
  const all = Object.entries(instance.expect).map(([output, expectation]) => check(output, expectation));
  for (const { record } of all) deps.onChecked(record);
  const breaches = all.filter(({ record }) => !record.holds);
  if (breaches.length > 0) throw expectationFailed(instance, breaches);
  return all.map(({ record }) => record);
}

function expectationFailed(instance: StageInstance, breaches: readonly CheckedExpectation[]): UserError {
  const lines = breaches.flatMap((breach) => {
    const { against } = instance.expect[breach.record.output] as Expectation;
    const compared = against === null ? '' : `, compared with input "${against}"`;
    return [`output "${breach.record.output}"${compared}`, ...describeBreaches(breach).map((line) => `  ${line}`)];
  });
  return new UserError(
    'expectation-failed',
    [`${instance.id} does not give what is expected of it`, ...lines].join('\n'),
    {
      hint: 'correct the stage, or its expect: in the pipeline file when the expectation is what is wrong',
    },
  );
}

function againstOf(instance: StageInstance, action: Action, { against }: Expectation): Digest | null {
  if (against === null) return null;
  const bound = action.inputs[against];
  if (typeof bound === 'string') return bound;
  throw new InternalError(`${instance.id} is compared with "${against}", which is not one artifact`);
}

/** Lays artifacts out in a folder of their own while `work` looks at them. */
function withFolders<T>(
  store: ArtifactStore,
  artifacts: readonly (Digest | null)[],
  work: (folders: readonly (string | null)[]) => T,
): T {
  const folders = artifacts.map((artifact, i) =>
    artifact === null
      ? null
      : join(store.paths.staging, `check-${process.pid}-${i}-${digestHex(artifact).slice(0, 16)}`),
  );
  try {
    artifacts.forEach((artifact, i) => {
      const folder = folders[i] ?? null;
      if (artifact === null || folder === null) return;
      removeTree(folder);
      store.materialise(artifact, folder);
    });
    return work(folders);
  } finally {
    for (const folder of folders) if (folder !== null) removeTree(folder);
  }
}
