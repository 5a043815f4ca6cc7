/**
 * The transparency log: every execution's signed statement, in order, under one Merkle tree whose root is signed after each addition.
 *
 * An entry is on disk before the checkpoint that covers it, and after one by the same hand: even the first one follows on a checkpoint
 * of none. A crash between leaves a checkpoint of fewer entries, which is still true; one in the middle of a line leaves a torn line,
 * which is dropped by the next addition, and its execution is added again. So no crash leaves entries without a checkpoint. A log that
 * has none, or that its own contradicts, is not added to: a new checkpoint would make good what was cut off.
 */
import { canonicalJson } from '../base/canonical-json.ts';
import { UserError } from '../base/errors.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { guarded } from '../store/store-errors.ts';
import {
  findSigner,
  originOf,
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
  type SignedCheckpoint,
} from './checkpoint.ts';
import { IN_TOTO_TYPE, signEnvelope, type Envelope } from './dsse.ts';
import { endorsementsSince } from './endorsement.ts';
import type { KeyStore, SigningKey } from './keys.ts';
import { identityOf, readEntry, REBUILT_TYPE } from './log-entry.ts';
import { LogFile } from './log-file.ts';
import { GrowingTree, hashEntry } from './merkle-log.ts';
import { filesOf } from './statement-files.ts';
import { moment, readFacts, STATEMENT_TYPE, statementBytes, statementOf } from './statement.ts';
import { doubtOf } from './stored-checkpoint.ts';

export interface LogParts {
  readonly store: ArtifactStore;
  readonly lineage: Lineage;
  readonly keys: KeyStore;
}

/** What can be done while the log is locked. */
interface Adding {
  readonly add: (executionId: number, recordedLater: boolean) => number;
  readonly sign: (body: Buffer) => void;
  readonly endorse: () => void;
}

/** Told what is wrong with the checkpoint; goes on without it when it returns. */
export type OnDoubt = (what: string) => void;

const LOOK = 'assay log verify says what; bring the folder back from a backup';

export class StatementLog {
  readonly #parts: LogParts;
  readonly #file: LogFile;
  #tree = new GrowingTree();
  #origin = '';
  #end = 0;
  #logged = new Set<string>();
  #endorsements = new Set<string>();
  /** Of the last entry; undefined in an empty log. */
  #lastKeyId: string | undefined;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#file = new LogFile(parts.store.paths.log);
  }

  /** Adds the statement of an execution that has ended, unless it is there. Throws UserError key-…, keys-unwritable, store-…, log-altered. */
  add(executionId: number): void {
    this.#adding(({ add }) => add(executionId, false));
  }

  /** Adds what is not there: of this run as it is, of ended runs as recorded later. Returns how many were. */
  addMissing(runId: number | null): number {
    return this.#adding(({ add }) => {
      let count = 0;
      for (const { id, isRunEnded, ...rest } of this.#parts.lineage.listEndedExecutions()) {
        const identity = identityOf({ id, ...rest, startedOn: moment(rest.startedAtMs) });
        if (this.#logged.has(identity)) continue;
        const isOwn = runId !== null && this.#parts.lineage.findExecution(id)?.runId === runId;
        if (isOwn || isRunEnded) count += add(id, !isOwn);
      }
      return count;
    });
  }

  /** Says that the database was rebuilt. Nothing where there is no log. */
  addRebuilt(): void {
    if (this.#file.size() === 0) return;
    this.#adding(({ sign, endorse }) => {
      endorse();
      const statement = {
        _type: STATEMENT_TYPE,
        subject: [{ name: 'log', digest: { sha256: Buffer.from(this.#tree.root()).toString('hex') } }],
        predicateType: REBUILT_TYPE,
        predicate: { logIndex: this.#tree.size },
      };
      sign(Buffer.from(canonicalJson(statement), 'utf8'));
    });
  }

  /** Adds what leads from the key of the last entry to the present one. Nothing where there is no log. */
  addEndorsements(): void {
    if (this.#file.size() > 0) this.#adding(({ endorse }) => endorse());
  }

  /**
   * Signed anew when the stored one does not cover all entries, or does not vouch for them: for the user, who asks for it, may know why.
   * `onDoubt` is told what was wrong. Undefined for an empty log.
   */
  checkpoint(onDoubt: OnDoubt): string | undefined {
    if (this.#file.size() === 0) return undefined;
    this.#adding(() => undefined, onDoubt);
    return this.#tree.size === 0 ? undefined : this.#file.readCheckpoint();
  }

  #adding<T>(work: (adding: Adding) => T, onDoubt: OnDoubt = (what) => this.#refuse(what)): T {
    // A key that cannot be used is found before anything is locked or written.
    this.#parts.keys.signingKey('ed25519');
    return guarded('write the log', this.#file.folder, () =>
      this.#file.exclusively(() => {
        try {
          return this.#addLocked(work, onDoubt);
        } catch (error) {
          // What was taken in but not written must not count: all is read again the next time.
          this.#forget();
          throw error;
        }
      }),
    );
  }

  #addLocked<T>(work: (adding: Adding) => T, onDoubt: OnDoubt): T {
    const stored = this.#catchUp(onDoubt);
    const before = { size: this.#tree.size, root: this.#tree.root() };
    const key = this.#parts.keys.signingKey('ed25519');
    const lines: string[] = [];
    const append = (envelope: Envelope): void => {
      const line = canonicalJson(envelope);
      lines.push(line);
      this.#take(line);
    };
    const endorse = (): void => this.#endorse(key, append);
    const sign = (body: Buffer): void => append(signEnvelope(IN_TOTO_TYPE, body, key));
    const add = (executionId: number, later: boolean): number => {
      endorse();
      return this.#addOne(executionId, later, sign);
    };
    const result = work({ add, sign, endorse });
    if (lines.length > 0) {
      // Or a crash before the next one would leave these entries without a checkpoint by a key that their owner knows.
      const isOwn = stored !== undefined && findSigner(stored, [key.publicPem]) !== undefined;
      // One of none names a log that was never begun: this one has another first entry.
      if (!isOwn || stored.size === 0) this.#writeCheckpoint(before, key);
      this.#end = this.#file.append(this.#end, lines);
    }
    const { size } = this.#tree;
    if (size > 0 && size !== stored?.size) this.#writeCheckpoint({ size, root: this.#tree.root() }, key);
    return result;
  }

  #forget(): void {
    this.#tree = new GrowingTree();
    this.#logged = new Set();
    this.#endorsements = new Set();
    this.#lastKeyId = undefined;
    this.#end = 0;
  }

  #addOne(executionId: number, recordedLater: boolean, append: (body: Buffer) => void): number {
    const { lineage, store } = this.#parts;
    const facts = readFacts(lineage, executionId);
    if (facts === undefined || facts.execution.endedAtMs === null) return 0;
    const { id, key, startedAtMs } = facts.execution;
    const { recordDigest } = facts;
    if (this.#logged.has(identityOf({ id, key, startedOn: moment(startedAtMs), recordDigest }))) return 0;
    const files = filesOf(store, facts.execution);
    append(statementBytes(statementOf(facts, { logIndex: this.#tree.size, recordedLater, files })));
    return 1;
  }

  /** A key that took over says so first, and once: where it stands again, after an entry by the old key, that key has no say. */
  #endorse(key: SigningKey, append: (envelope: Envelope) => void): void {
    const from = this.#lastKeyId;
    if (from === undefined || from === key.keyId) return;
    for (const envelope of endorsementsSince(this.#parts.keys, from, key.keyId)) {
      if (!this.#endorsements.has(canonicalJson(envelope))) append(envelope);
    }
  }

  /** Reads what other processes added meanwhile; all of it the first time. Returns the stored checkpoint, unless there is doubt of it. */
  #catchUp(onDoubt: OnDoubt): SignedCheckpoint | undefined {
    const isFirst = this.#end === 0;
    if (this.#file.size() < this.#end) throw altered(this.#file.folder, 'it became shorter while this run wrote to it');
    const { lines, end } = this.#file.read(this.#end);
    const entries = lines.map(readEntry);
    const text = this.#file.readCheckpoint();
    const stored = text === undefined ? undefined : parseCheckpoint(text);
    // Of what it wrote itself, a process needs no word of others.
    const doubt = isFirst ? doubtOf(text, stored, entries, this.#parts.keys.publicKeys(['ed25519'])) : undefined;
    if (doubt !== undefined) onDoubt(doubt);
    const believed = doubt === undefined ? stored : undefined;
    lines.forEach((line, i) => {
      this.#take(line, entries[i]);
      if (this.#tree.size === believed?.size && !Buffer.from(believed.root).equals(this.#tree.root())) {
        throw altered(this.#file.folder, `its first ${believed.size} entries are not those of its checkpoint`);
      }
    });
    if (believed !== undefined && believed.size > this.#tree.size) {
      throw altered(this.#file.folder, `it has ${this.#tree.size} entries, and its checkpoint is of ${believed.size}`);
    }
    if (believed !== undefined && this.#tree.size > 0 && believed.origin !== this.#origin) {
      throw altered(this.#file.folder, 'its checkpoint is of another log');
    }
    this.#end = end;
    return believed;
  }

  #refuse(what: string): never {
    const hint = `${LOOK}; where you know why, assay log checkpoint signs the log as it is`;
    throw altered(this.#file.folder, what, hint);
  }

  #take(line: string, entry = readEntry(line)): void {
    const leaf = hashEntry(line);
    if (this.#tree.size === 0) this.#origin = originOf(leaf);
    this.#tree.add(leaf);
    if (entry.kind === 'execution') this.#logged.add(entry.about.identity);
    if (entry.kind === 'endorsement') this.#endorsements.add(line);
    this.#lastKeyId = entry.envelope?.signatures.at(-1)?.keyid ?? this.#lastKeyId;
  }

  #writeCheckpoint(of: Pick<Checkpoint, 'size' | 'root'>, key: SigningKey): void {
    this.#file.writeCheckpoint(signCheckpoint({ origin: this.#origin, ...of }, key));
  }
}

function altered(folder: string, what: string, hint = `${LOOK}, or move it away to begin a new log`): UserError {
  return new UserError('log-altered', `the log in ${folder} is not as it was: ${what}`, { hint });
}
