/**
 * Lineage: what was run, what it read and made, and which results may be used again. One SQLite file, used by several assay
 * processes at once; every method is one transaction. Its parts are the other files of this folder.
 */
import type { Clock } from '../base/clock.ts';
import type { Digest } from '../base/digest.ts';
import type { Action } from '../model/action.ts';
import type { Artifact } from '../model/artifact.ts';
import type {
  ArtifactUse,
  Execution,
  ExecutionEnd,
  ExecutionStart,
  ExpectationRecord,
  Run,
  RunStart,
  RunStatus,
  StageOutcome,
} from '../model/run.ts';
import type { StatCache } from '../model/stat-cache.ts';
import { Cache, type LatestAction, type StoredResult } from './cache.ts';
import { Closures, ExpectationChecks, type RememberedExpectation } from './closures.ts';
import type { Connection } from './connection.ts';
import { Dataflow, type InputRow, type MetricRow, type OutputRow, type ParamRow } from './dataflow.ts';
import { Executions, type EndedExecution } from './executions.ts';
import { checkActions, listKept, type AlteredAction, type Kept } from './kept.ts';
import { Leases, type LeaseAnswer } from './leases.ts';
import { ancestorsOf, descendantsOf, type LineageGraph } from './lineage-graph.ts';
import { mendRows, type RowMending } from './mend-rows.ts';
import { openDatabase } from './open-database.ts';
import { isProcessRunning, Processes } from './processes.ts';
import { Recorder, type Commit } from './recorder.ts';
import { restoreResults, type RestorableResult, type RestoreCounts } from './restore.ts';
import { listRemembered, readRows, type RememberedFile, type RowSnapshot } from './row-snapshot.ts';
import { Runs } from './runs.ts';
import { LineageStatCache } from './stat-cache.ts';

export class Lineage {
  readonly statCache: StatCache;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #processes: Processes;
  readonly #statCache: LineageStatCache;
  readonly #cache: Cache;
  readonly #runs: Runs;
  readonly #dataflow: Dataflow;
  readonly #executions: Executions;
  readonly #recorder: Recorder;
  readonly #leases: Leases;
  readonly #closures: Closures;
  readonly #checks: ExpectationChecks;

  private constructor(connection: Connection, clock: Clock) {
    const processes = new Processes(connection, clock);
    this.#connection = connection;
    this.#clock = clock;
    this.#processes = processes;
    this.#statCache = new LineageStatCache(connection);
    this.statCache = this.#statCache;
    this.#cache = new Cache(connection);
    this.#runs = new Runs(connection, processes);
    this.#dataflow = new Dataflow(connection);
    this.#executions = new Executions(connection, clock, processes, this.#cache, this.#dataflow);
    this.#recorder = new Recorder(connection, this.#cache, this.#executions);
    this.#leases = new Leases(connection, clock, processes);
    this.#closures = new Closures(connection);
    this.#checks = new ExpectationChecks(connection);
  }

  /**
   * Opens the database, or creates it unless `readOnly`. Throws UserError: database-newer, database-older (only when read-only),
   * database-missing (likewise), database-unreadable, database-inaccessible; every method: database-busy, database-full.
   */
  static open(path: string, options: { clock: Clock; readOnly?: boolean }): Lineage {
    return new Lineage(openDatabase(path, { readOnly: options.readOnly ?? false }), options.clock);
  }

  /** Throws UserError database-unreadable when any part of the file is damaged. Reads all of it. */
  checkIntegrity(): void {
    this.#connection.checkIntegrity();
  }

  /** Flushes the stat cache. */
  close(): void {
    try {
      this.#statCache.close();
    } finally {
      this.#connection.close();
    }
  }

  // Cache

  findResult(key: Digest): StoredResult | undefined {
    return this.#cache.findResult(key);
  }

  listResultKeys(): Digest[] {
    return this.#cache.listKeys();
  }

  /** What the instance used in the most recent run in which it was cached or ran well. */
  findLatestAction(instance: string): LatestAction | undefined {
    return this.#cache.findLatestAction(instance);
  }

  findAction(key: Digest): Action | undefined {
    return this.#cache.findAction(key);
  }

  hasRun(key: Digest): boolean {
    return this.#cache.hasRun(key);
  }

  // History

  startRun(run: RunStart): number {
    return this.#runs.start(run);
  }

  endRun(id: number, status: Exclude<RunStatus, 'running'>, endedAtMs: number): void {
    this.#runs.end(id, status, endedAtMs);
  }

  /** Throws InternalError when the key is not the action's. */
  startExecution(execution: ExecutionStart): number {
    return this.#executions.start(execution);
  }

  /** For every end but `ok`. Leaves no result. Throws InternalError when the execution has ended already. */
  failExecution(id: number, end: ExecutionEnd): void {
    this.#executions.fail(id, end);
  }

  /**
   * The only way a result becomes visible: all of it or nothing, on disk when it returns. Its blobs and manifests must be in the
   * store. Throws InternalError when inputs or outputs are not those of the action, or an expectation does not hold.
   */
  commitResult(commit: Commit): void {
    this.#recorder.commit(commit);
  }

  /** In one transaction. */
  recordOutcomes(runId: number, outcomes: Iterable<StageOutcome>): void {
    this.#runs.recordOutcomes(runId, outcomes);
  }

  listRuns(limit: number): Run[] {
    return this.#runs.list(limit);
  }

  findRun(id: number): Run | undefined {
    return this.#runs.find(id);
  }

  outcomesOf(runId: number): StageOutcome[] {
    return this.#runs.outcomesOf(runId);
  }

  executionsOf(instanceOrStage: string, limit: number): Execution[] {
    return this.#executions.listOf(instanceOrStage, limit);
  }

  executionsOfRun(runId: number): Execution[] {
    return this.#executions.listOfRun(runId);
  }

  meanDurations(profile: string | null): ReadonlyMap<string, number> {
    return this.#executions.meanDurations(profile);
  }

  findExecution(id: number): Execution | undefined {
    return this.#executions.find(id);
  }

  /** Of the result record in the store; null for an execution that did not end well. */
  recordDigestOf(executionId: number): Digest | null {
    return this.#executions.recordDigestOf(executionId);
  }

  /** All that have ended for good, oldest first. A lost one may still be committed by its process. */
  listEndedExecutions(): EndedExecution[] {
    return this.#executions.listEnded();
  }

  /** Running executions and runs whose process is gone become `lost`; returns the executions. */
  markLost(isAlive: (pid: number) => boolean = isProcessRunning): Execution[] {
    return this.#executions.markLost(isAlive);
  }

  // Remembered findings

  findExpectation(digest: Digest): RememberedExpectation | undefined {
    return this.#checks.find(digest);
  }

  saveExpectation(digest: Digest, remembered: RememberedExpectation): void {
    this.#checks.save(digest, remembered);
  }

  recallClosure(program: string): string | undefined {
    return this.#closures.recall(program);
  }

  rememberClosure(program: string, json: string): void {
    this.#closures.remember(program, json);
  }

  // Leases

  acquireLease(key: Digest, pid: number, instance: string): LeaseAnswer {
    return this.#leases.acquire(key, pid, instance);
  }

  holdsLease(key: Digest, pid: number): boolean {
    return this.#leases.isHeldBy(key, pid);
  }

  renewLeases(pid: number): void {
    this.#leases.renew(pid);
  }

  releaseLease(key: Digest, pid: number): void {
    this.#leases.release(key, pid);
  }

  // Dataflow

  producersOf(artifact: Digest): ArtifactUse[] {
    return this.#dataflow.producersOf(artifact);
  }

  makersOf(artifact: Digest): ArtifactUse[] {
    return this.#dataflow.makersOf(artifact);
  }

  consumersOf(artifact: Digest): ArtifactUse[] {
    return this.#dataflow.consumersOf(artifact);
  }

  /** Everything it was made from, through any number of steps. */
  ancestorsOf(artifact: Digest): LineageGraph {
    return ancestorsOf(this.#connection, artifact);
  }

  /** Everything made from it, through any number of steps. */
  descendantsOf(artifact: Digest): LineageGraph {
    return descendantsOf(this.#connection, artifact);
  }

  inputsOf(executionId: number): InputRow[] {
    return this.#dataflow.inputsOf(executionId);
  }

  outputsOf(executionId: number): OutputRow[] {
    return this.#dataflow.outputsOf(executionId);
  }

  metricsOf(executionId: number): MetricRow[] {
    return this.#dataflow.metricsOf(executionId);
  }

  paramsOf(executionId: number): ParamRow[] {
    return this.#dataflow.paramsOf(executionId);
  }

  expectationsOf(executionId: number): ExpectationRecord[] {
    return this.#dataflow.expectationsOf(executionId);
  }

  /** All that may be a dataset; the store knows which are. */
  listDatasets(): Digest[] {
    return this.#dataflow.listDatasets();
  }

  /** Undefined for what was never read as a file or folder of the project. */
  projectPathOf(artifact: Digest): string | undefined {
    return this.#dataflow.projectPathOf(artifact);
  }

  findArtifact(digest: Digest): Artifact | undefined {
    return this.#dataflow.findArtifact(digest);
  }

  findArtifactByPrefix(hex: string): Digest[] {
    return this.#dataflow.findArtifactByPrefix(hex);
  }

  reachableDigests(): Set<Digest> {
    return this.#dataflow.reachableDigests();
  }

  /** The same digests, each with all that it is kept for. */
  listKept(): Kept[] {
    return listKept(this.#connection);
  }

  /** How many actions there are, and which do not hash to their keys. */
  checkActions(): { count: number; altered: AlteredAction[] } {
    return checkActions(this.#connection);
  }

  /** All that can be held against the store and the result records. */
  readRows(): RowSnapshot {
    return readRows(this.#connection, this.#processes);
  }

  /** What the stat cache would answer, whether or not it is true. */
  listRemembered(): RememberedFile[] {
    return listRemembered(this.#connection);
  }

  /** Whether an execution names the result record, or one of the key is under way and may be about to. */
  isRecorded(recordDigest: Digest, key: Digest | null): boolean {
    return this.#executions.isRecorded(recordDigest, key);
  }

  /** Puts rows back as the result records have them, when the database as it is has been copied to `copy`. */
  mendRows(mending: RowMending, copy: string): void {
    mendRows(this.#connection, mending, copy);
  }

  // Rebuilding: call rebuildLineage (rebuild.ts), which reads and checks the records.

  restoreResults(chunks: Iterable<readonly RestorableResult[]>): RestoreCounts {
    const parts = { connection: this.#connection, clock: this.#clock, runs: this.#runs };
    return restoreResults({ ...parts, executions: this.#executions, recorder: this.#recorder }, chunks);
  }
}
