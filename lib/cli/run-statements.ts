/** Signs and logs what a run executes, as it goes. A run never fails for it: what cannot be logged is said once, and how to mend it. */
import { KeyStore } from '../audit/keys.ts';
import { StatementLog } from '../audit/statement-log.ts';
import { UserError } from '../base/errors.ts';
import type { RunEvent } from '../model/event.ts';
import type { Session } from './session.ts';
import type { Parts } from './wire.ts';

export class RunStatements {
  readonly #log: StatementLog;
  readonly #runId: number;
  readonly #warn: (message: string) => void;
  #isFirst = true;
  #hasFailed = false;

  constructor(runId: number, { store, lineage }: Parts, { env }: Session, warn: (message: string) => void) {
    this.#log = new StatementLog({ store, lineage, keys: KeyStore.open(env) });
    this.#runId = runId;
    this.#warn = warn;
  }

  /** Right after the execution's commit. Before the first, what a crash left out is logged. */
  note(event: RunEvent): void {
    if (event.kind !== 'stage-finished') return;
    const { executionId, outcome } = event.outcome;
    // A shared result is logged by the Assay that made it.
    if (executionId === null || outcome === 'cached' || outcome === 'shared') return;
    this.#attempt(() => {
      if (this.#isFirst) this.#log.addMissing(this.#runId);
      this.#isFirst = false;
      this.#log.add(executionId);
    });
  }

  /** Failed attempts that a retry followed have no event of their own. */
  finish(): void {
    if (!this.#isFirst) this.#attempt(() => this.#log.addMissing(this.#runId));
  }

  #attempt(work: () => void): void {
    if (this.#hasFailed) return;
    try {
      work();
    } catch (error) {
      this.#hasFailed = true;
      const { message } = error as Error;
      const hint = error instanceof UserError && error.hint !== undefined ? `; ${error.hint}` : '';
      this.#warn(`this run is not signed or logged: ${message}${hint}`);
    }
  }
}
