/** How long a run will still take, from how long its stages took: in this run, or where none has ended yet, in earlier ones. */
import type { Plan } from '../model/plan.ts';
import type { StageOutcome } from '../model/run.ts';
import { formatCount, formatDuration } from './quantities.ts';

/** A guess is told this often, and none that is shorter. */
const TELL_EVERY_MS = 60_000;

/** Of one stage: what its instances that ended cost. Twins found the result of another instance of this run. */
interface Tally {
  ran: number;
  twins: number;
  durationMs: number;
}

export class TimeLeft {
  readonly #typicalMs: () => ReadonlyMap<string, number>;
  readonly #left = new Map<string, string>();
  readonly #tallies = new Map<string, Tally>();
  readonly #executions = new Set<number>();
  #typical: ReadonlyMap<string, number> | undefined;
  #total = 0;
  #toldAtMs = 0;
  #beganAtMs: number | undefined;

  /** `typicalMs`: how long an execution of each stage took in earlier runs. Asked once, and only when something is to run. */
  constructor(typicalMs: () => ReadonlyMap<string, number>) {
    this.#typicalMs = typicalMs;
  }

  start({ steps }: Plan): void {
    for (const { instance } of steps) this.#left.set(instance.id, instance.stage);
    this.#total = this.#left.size;
  }

  /** A process has been started. */
  began(nowMs: number): void {
    this.#beganAtMs ??= nowMs;
    if (this.#toldAtMs === 0) this.#toldAtMs = nowMs;
  }

  ended({ instance, stage, outcome, executionId, durationMs }: StageOutcome): void {
    this.#left.delete(instance);
    const tally = this.#tallies.get(stage) ?? { ran: 0, twins: 0, durationMs: 0 };
    this.#tallies.set(stage, tally);
    if (outcome === 'ran') {
      tally.ran++;
      tally.durationMs += durationMs;
      if (executionId !== null) this.#executions.add(executionId);
    } else if (outcome === 'cached' && executionId !== null && this.#executions.has(executionId)) tally.twins++;
  }

  /** `51 of 283 stages, about 1 h 20 min left`, now and then. */
  tell(nowMs: number): string | undefined {
    if (this.#beganAtMs === undefined || nowMs - this.#toldAtMs < TELL_EVERY_MS || this.#left.size === 0)
      return undefined;
    const counts = new Map<string, number>();
    for (const stage of this.#left.values()) counts.set(stage, (counts.get(stage) ?? 0) + 1);
    let workMs = 0;
    const unknown: string[] = [];
    for (const [stage, count] of counts) {
      const each = this.#expectedMs(stage);
      if (each === undefined) unknown.push(stage);
      else workMs += each * count;
    }
    const leftMs = workMs / this.#parallelism(nowMs);
    if (leftMs < TELL_EVERY_MS) return undefined;
    this.#toldAtMs = nowMs;
    const besides = unknown.length === 0 ? '' : `, besides ${unknown.join(', ')}, which nothing is known of yet`;
    const minutes = Math.round(leftMs / TELL_EVERY_MS) * TELL_EVERY_MS;
    return `${this.#total - this.#left.size} of ${formatCount(this.#total, 'stage')}, about ${formatDuration(minutes)} left${besides}`;
  }

  #expectedMs(stage: string): number | undefined {
    const tally = this.#tallies.get(stage);
    if (tally !== undefined && tally.ran > 0) return tally.durationMs / (tally.ran + tally.twins);
    this.#typical ??= this.#typicalMs();
    return this.#typical.get(stage);
  }

  /** How many stages have run side by side so far. */
  #parallelism(nowMs: number): number {
    const workedMs = [...this.#tallies.values()].reduce((sum, { durationMs }) => sum + durationMs, 0);
    return Math.max(1, workedMs / Math.max(1, nowMs - (this.#beganAtMs as number)));
  }
}
