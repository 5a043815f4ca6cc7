/**
 * The transparency log: every execution's signed statement, in order, under one Merkle tree whose root is signed after each addition.
 *
 * An entry is on disk before the checkpoint that covers it. A crash between leaves a checkpoint of fewer entries, which is still
 * true; one in the middle of a line leaves a torn line, which is dropped by the next addition, and its execution is added again.
 * A log that its own checkpoint contradicts is not added to: a new checkpoint would make good what was cut off.
 */
import { canonicalJson } from '../base/canonical-json.ts';
import { UserError } from '../base/errors.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { ManifestEntry } from '../model/artifact.ts';
import type { Execution } from '../model/run.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { guarded } from '../store/store-errors.ts';
import { originOf, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { IN_TOTO_TYPE, signEnvelope, type Envelope } from './dsse.ts';
import { endorsementsSince } from './endorsement.ts';
import type { KeyStore, SigningKey } from './keys.ts';
import { identityOf, readEntry, REBUILT_TYPE } from './log-entry.ts';
import { LogFile } from './log-file.ts';
import { GrowingTree, hashEntry } from './merkle-log.ts';
import { moment, readFacts, STATEMENT_TYPE, statementBytes, statementOf } from './statement.ts';

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

/** Files are named one by one only where they are few: a dataset may have 60,000, and its manifest names them all. */
const MOST_FILES = 64;

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

  /** Signed anew when the stored one does not cover all entries. Undefined for an empty log. */
  checkpoint(): string | undefined {
    if (this.#file.size() === 0) return undefined;
    this.#adding(() => undefined);
    return this.#file.readCheckpoint();
  }

  #adding<T>(work: (adding: Adding) => T): T {
    // A key that cannot be used is found before anything is locked or written.
    this.#parts.keys.signingKey('ed25519');
    return guarded('write the log', this.#file.folder, () =>
      this.#file.exclusively(() => {
        try {
          return this.#addLocked(work);
        } catch (error) {
          // What was taken in but not written must not count: all is read again the next time.
          this.#forget();
          throw error;
        }
      }),
    );
  }

  #addLocked<T>(work: (adding: Adding) => T): T {
    this.#catchUp();
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
    if (lines.length > 0) this.#end = this.#file.append(this.#end, lines);
    this.#coverAll(key);
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

  /** Reads what other processes added meanwhile; all of it the first time. */
  #catchUp(): void {
    const isFirst = this.#end === 0;
    if (this.#file.size() < this.#end) throw altered(this.#file.folder, 'it became shorter while this run wrote to it');
    const { lines, end } = this.#file.read(this.#end);
    const stored = isFirst ? this.#file.readCheckpoint() : undefined;
    const checkpoint = stored === undefined ? undefined : parseCheckpoint(stored);
    if (stored !== undefined && checkpoint === undefined) throw altered(this.#file.folder, 'its checkpoint is none');
    for (const line of lines) {
      this.#take(line);
      if (this.#tree.size === checkpoint?.size && !Buffer.from(checkpoint.root).equals(this.#tree.root())) {
        throw altered(this.#file.folder, `its first ${checkpoint.size} entries are not those of its checkpoint`);
      }
    }
    if (checkpoint !== undefined && checkpoint.size > this.#tree.size) {
      throw altered(
        this.#file.folder,
        `it has ${this.#tree.size} entries, and its checkpoint is of ${checkpoint.size}`,
      );
    }
    this.#end = end;
  }

  #take(line: string): void {
    const leaf = hashEntry(line);
    if (this.#tree.size === 0) this.#origin = originOf(leaf);
    this.#tree.add(leaf);
    const entry = readEntry(line);
    if (entry.kind === 'execution') this.#logged.add(entry.about.identity);
    if (entry.kind === 'endorsement') this.#endorsements.add(line);
    this.#lastKeyId = entry.envelope?.signatures.at(-1)?.keyid ?? this.#lastKeyId;
  }

  #coverAll(key: SigningKey): void {
    if (this.#tree.size === 0) return;
    const stored = parseCheckpoint(this.#file.readCheckpoint() ?? '');
    if (stored?.size === this.#tree.size) return;
    const checkpoint = { origin: this.#origin, size: this.#tree.size, root: this.#tree.root() };
    this.#file.writeCheckpoint(signCheckpoint(checkpoint, key));
  }
}

function filesOf(store: ArtifactStore, { outputs }: Execution): Record<string, readonly ManifestEntry[]> {
  const files: Record<string, readonly ManifestEntry[]> = {};
  for (const { name, artifact } of outputs) {
    try {
      const { entries } = store.readManifest(artifact);
      if (entries.length <= MOST_FILES) files[name] = entries;
    } catch (error) {
      // Of an old execution whose result was swept: the artifact is named, its files are not.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return files;
}

function altered(folder: string, what: string): UserError {
  return new UserError('log-altered', `the log in ${folder} is not as it was: ${what}`, {
    hint: 'assay log verify says what; bring the folder back from a backup, or move it away to begin a new log',
  });
}
