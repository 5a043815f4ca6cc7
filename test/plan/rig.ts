/** A project with a real store and lineage, whose stages are made by writing a text instead of running a program. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import type { Digest } from '../../lib/base/digest.ts';
import type { JsonObject } from '../../lib/base/canonical-json.ts';
import type { Lineage } from '../../lib/lineage/lineage.ts';
import type { Action } from '../../lib/model/action.ts';
import type { OutputDigests, Verdict } from '../../lib/model/plan.ts';
import type { StageOutcome } from '../../lib/model/run.ts';
import type { StageInstance } from '../../lib/model/stage.ts';
import { planPipeline } from '../../lib/plan/plan-pipeline.ts';
import { Planner, type PlannerDeps } from '../../lib/plan/planner.ts';
import { renderReason } from '../../lib/plan/render-reason.ts';
import { ArtifactStore } from '../../lib/store/artifact-store.ts';
import { runStart } from '../lineage/samples.ts';
import { pipelineOf } from '../support/pipelines.ts';
import { makeProject, openLineage } from './examples.ts';

/** What a stage writes, given its action: its output is one file with this text. */
export type Make = (instance: StageInstance, action: Action) => string;

/** Unless told otherwise a stage writes its own name, its parameters and what it read. */
const makeFromAll: Make = ({ stage }, { params, inputs }) => JSON.stringify([stage, params, inputs]);

export class Rig {
  readonly root: string;
  readonly lineage: Lineage;
  readonly store: ArtifactStore;
  instances: readonly StageInstance[];
  params: JsonObject = {};
  env: NodeJS.ProcessEnv = {};
  force: string[] = [];
  make: Make = makeFromAll;

  constructor(files: Readonly<Record<string, unknown>>, instances: readonly StageInstance[]) {
    this.root = makeProject(files);
    this.lineage = openLineage(this.root);
    this.store = ArtifactStore.open(this.root, { clock: systemClock, statCache: this.lineage.statCache });
    onTestFinished(() => this.store.close());
    this.instances = instances;
  }

  deps(): PlannerDeps {
    const pipeline = { ...pipelineOf(this.instances), params: this.params };
    const { root, store, lineage, env, force } = this;
    return { projectRoot: root, store, lineage, clock: systemClock, env, pipeline, force: new Set(force) };
  }

  /** The plan, one line a stage: `poison  stale  attack.count 600 -> 1200`. */
  async plan(): Promise<string[]> {
    const { steps } = await planPipeline(this.instances, this.deps());
    return steps.map(({ instance, verdict }) => `${instance.id} ${describe(verdict)}`);
  }

  /** Makes what is stale, in order, deciding each stage when its turn comes. Returns the ids of the stages that ran. */
  async run(): Promise<string[]> {
    const planner = new Planner(this.deps());
    await planner.prepare(this.instances);
    const { lineage } = this;
    const runId = lineage.startRun(runStart({ startedAtMs: systemClock.nowMs() }));
    const known = new Map<string, OutputDigests>();
    const ran: string[] = [];
    for (const instance of this.instances) {
      const verdict = planner.decide(instance, ({ instance: id, output }) => known.get(id)?.[output]);
      if (verdict.state === 'undecided') throw new Error(`${instance.id} waits on ${verdict.waitingOn.join()}`);
      const made = verdict.state === 'cached' ? null : this.#execute(runId, instance, verdict.action, verdict.key);
      const outputs = verdict.state === 'cached' ? verdict.outputs : made!.outputs;
      known.set(instance.id, outputs);
      if (made !== null) ran.push(instance.id);
      const outcome: StageOutcome = {
        instance: instance.id,
        stage: instance.stage,
        outcome: made === null ? 'cached' : 'ran',
        key: verdict.key,
        reasons: [],
        executionId: made?.executionId ?? null,
        outputs,
        durationMs: 1,
      };
      lineage.recordOutcomes(runId, [outcome]);
    }
    lineage.endRun(runId, 'ok', systemClock.nowMs());
    return ran;
  }

  #execute(
    runId: number,
    instance: StageInstance,
    action: Action,
    key: Digest,
  ): { executionId: number; outputs: OutputDigests } {
    const { id, stage } = instance;
    const startedAtMs = systemClock.nowMs();
    const executionId = this.lineage.startExecution({
      ...{ runId, instance: id, stage, attempt: 1, key, action, startedAtMs, pid: process.pid },
    });
    const folder = join(this.root, 'made');
    mkdirSync(folder);
    const outputs = Object.entries(instance.outputs).map(([name, kind]) => {
      writeFileSync(join(folder, name), this.make(instance, action));
      return { name, kind, artifact: this.store.putOutput(join(folder, name)) };
    });
    rmSync(folder, { recursive: true });
    const inputs = Object.entries(action.inputs).flatMap(([name, input]) => {
      const members: [string | null, Digest][] = typeof input === 'string' ? [[null, input]] : Object.entries(input);
      return members.map(([label, artifact]) => ({ name, label, artifact, path: null }));
    });
    const ended = { endedAtMs: systemClock.nowMs(), exitCode: 0, signal: null, peakMemoryBytes: null, logDigest: null };
    const end = { status: 'ok', ...ended } as const;
    this.lineage.commitResult({ executionId, end, inputs, outputs, metrics: [], expectations: [] });
    return { executionId, outputs: Object.fromEntries(outputs.map(({ name, artifact }) => [name, artifact.digest])) };
  }
}

function describe(verdict: Verdict): string {
  switch (verdict.state) {
    case 'cached':
      return 'cached';
    case 'stale':
      return `stale: ${verdict.reasons.map(renderReason).join('; ')}`;
    case 'undecided':
      return `undecided: waits on ${verdict.waitingOn.join(', ')}`;
  }
}
