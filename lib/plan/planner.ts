/** Gathers the facts that decide() judges. Plan and scheduler share one planner, so that both see the same project. */
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Digest } from '../base/digest.ts';
import { InternalError } from '../base/errors.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { Action } from '../model/action.ts';
import type { Damage } from '../model/artifact.ts';
import type { OutputDigests, Verdict } from '../model/plan.ts';
import type { Pipeline, StageInstance } from '../model/stage.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { digestPath } from '../store/digest-path.ts';
import { ActionKeys } from './action-keys.ts';
import { buildAction, pickEnv, resolveInputs, type OutputLookup } from './build-action.ts';
import { decide, type CacheFacts, type OutputDamage } from './decide.ts';
import { FileDigests } from './file-digests.ts';
import { ClosureFinder } from './find-code-closure.ts';
import { matchFiles } from './match-files.ts';
import { computePreference, runtimeIdentity } from './runtime-identity.ts';

export interface PlannerDeps {
  readonly projectRoot: string;
  readonly store: Pick<ArtifactStore, 'findDamage' | 'findBlobDamage'>;
  readonly lineage: Pick<
    Lineage,
    'statCache' | 'findResult' | 'findLatestAction' | 'hasRun' | 'recallClosure' | 'rememberClosure'
  >;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly pipeline: Pipeline;
  /** Stage names or instance ids that run even when cached. */
  readonly force: ReadonlySet<string>;
}

/** What instances that share a program, `files:` and `cpus` have in common. One object for all of them: 10,000 instances hold one map. */
type CodeFacts = Pick<Action, 'code' | 'packages' | 'runtime'>;

export class Planner {
  readonly #deps: PlannerDeps;
  readonly #digests: FileDigests;
  readonly #closures: ClosureFinder;
  readonly #keys = new ActionKeys();
  readonly #codeFacts = new Map<string, CodeFacts>();
  readonly #pathDigests = new Map<string, Digest>();
  /** Only sound ones: a damaged artifact may be made again while this planner lives. */
  readonly #soundArtifacts = new Set<Digest>();

  constructor(deps: PlannerDeps) {
    this.#deps = deps;
    this.#digests = new FileDigests(deps.lineage.statCache, deps.clock);
    this.#closures = new ClosureFinder(deps.projectRoot, this.#digests, deps.lineage);
  }

  /**
   * Finds the code of the instances' programs, each program once in this planner's life. The only step that may start a bundler.
   * Throws UserError: `program-broken`, `path-outside-project`, `package-missing`, `files-match-nothing`, and what compute throws.
   */
  async prepare(instances: Iterable<StageInstance>): Promise<void> {
    const open = new Map<string, StageInstance>();
    for (const instance of instances) {
      const name = codeName(instance);
      if (!this.#codeFacts.has(name)) open.set(name, instance);
    }
    await Promise.all(
      [...open].map(async ([name, instance]) => this.#codeFacts.set(name, await this.#findCode(instance))),
    );
  }

  /**
   * The verdict as things stand: every call asks the cache anew. `outputsOf` says what an upstream output is known to be.
   * Throws InternalError unless prepare() was awaited for the instance.
   */
  decide(instance: StageInstance, outputsOf: OutputLookup): Verdict {
    const resolved = resolveInputs(instance, (path) => this.#digestPath(path), outputsOf);
    if ('waitingOn' in resolved) return decide({ kind: 'waiting', waitingOn: resolved.waitingOn });
    const codeFacts = this.#codeFacts.get(codeName(instance));
    if (codeFacts === undefined) throw new InternalError(`prepare() comes before decide(): got ${instance.id}`);
    const env = pickEnv(instance.env, this.#deps.env);
    const action = buildAction(instance, { ...codeFacts, env, inputs: resolved.inputs });
    const key = this.#keys.keyOf(action);
    const isForced = this.#deps.force.has(instance.stage) || this.#deps.force.has(instance.id);
    return decide({ kind: 'known', action, key, isForced, cache: this.#askCache(instance, key) });
  }

  async #findCode(instance: StageInstance): Promise<CodeFacts> {
    const { projectRoot, pipeline } = this.#deps;
    const { program, files, stage, resources } = instance;
    const closure = program.kind === 'module' ? await this.#closures.find(program.path) : { code: {}, packages: {} };
    const named = files.length === 0 ? [] : matchFiles(projectRoot, stage, files);
    const code = { ...closure.code, ...Object.fromEntries(named.map((path) => [path, this.#digestNamed(path)])) };
    const runtime = runtimeIdentity(closure.packages, computePreference(pipeline.params), projectRoot, resources.cpus);
    return { code, packages: closure.packages, runtime };
  }

  #digestNamed(path: string): Digest {
    const digest = this.#digests.digestOf(join(this.#deps.projectRoot, path));
    if (digest === null) throw new InternalError(`a matched file is there: got ${path}`);
    return digest;
  }

  #digestPath(path: string): Digest {
    const { projectRoot, lineage, clock } = this.#deps;
    let digest = this.#pathDigests.get(path);
    if (digest === undefined) {
      ({ digest } = digestPath(join(projectRoot, path), lineage.statCache, clock));
      this.#pathDigests.set(path, digest);
    }
    return digest;
  }

  #askCache(instance: StageInstance, key: Digest): CacheFacts {
    const { lineage } = this.#deps;
    const result = lineage.findResult(key);
    if (result !== undefined) {
      const { outputs, record } = result;
      return {
        found: 'result',
        outputs,
        damage: this.#findDamage(outputs),
        recordDamage: this.#findRecordDamage(record),
      };
    }
    const latest = lineage.findLatestAction(instance.id)?.action;
    return { found: 'nothing', hasRun: lineage.hasRun(key), latest };
  }

  #findDamage(outputs: OutputDigests): readonly OutputDamage[] {
    return Object.entries(outputs).flatMap(([output, artifact]) => {
      if (this.#soundArtifacts.has(artifact)) return [];
      const damage = this.#deps.store.findDamage(artifact);
      if (damage.length === 0) this.#soundArtifacts.add(artifact);
      return damage.map((found) => ({ output, damage: found }));
    });
  }

  /** A result without any record is for vouched-outputs.ts to refuse: only an edit of the database makes one. */
  #findRecordDamage(record: Digest | null): Damage | null {
    return record === null ? null : this.#deps.store.findBlobDamage(record);
  }
}

/** Equal for instances whose code facts are equal. JSON, so that no two lists of globs read alike. */
function codeName({ program, files, resources }: StageInstance): string {
  return JSON.stringify([program.kind === 'module' ? program.path : null, files, resources.cpus]);
}
