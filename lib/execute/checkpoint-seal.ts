/**
 * Vouches for the files from which a killed execution may be continued: checkpoint.json beside their folder has each one's digest,
 * under the user's seal and the action's key. What it does not name as it is, nobody continues from: the stage begins anew.
 *
 * Written when the stage has ended, and while it runs whenever a file was moved into the folder or has come to rest there, for the
 * engine may be killed. So a kill within moments of a save costs the checkpoint, and never lets in one that was edited later.
 */
import { existsSync, readdirSync, readFileSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { join, relative } from 'node:path';
import { digestFile, parseDigest, type Digest } from '../base/digest.ts';
import { writeDurably } from '../base/durable-write.ts';
import { systemErrorCode } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import type { Seal } from '../model/seal.ts';
import { isSameStamp, type FileStamp } from '../model/stat-cache.ts';
import { stampOf } from '../store/stamps.ts';

export const CHECKPOINT_NOTE = 'checkpoint.json';
const SEAL_TAG = 'checkpoint-seal/v1';
/** Without a write. Long enough that a file which grows all the time is not hashed all the time. */
const REST_MS = 200;

export class CheckpointSeal {
  readonly #folder: string;
  readonly #notePath: string;
  readonly #key: Digest;
  readonly #seal: Seal;
  /** Hashed by this process, by path below the folder. */
  readonly #hashed = new Map<string, { readonly stamp: FileStamp; readonly digest: Digest }>();

  constructor(sandboxFolder: string, key: Digest, seal: Seal) {
    this.#folder = join(sandboxFolder, 'checkpoint');
    this.#notePath = join(sandboxFolder, CHECKPOINT_NOTE);
    this.#key = key;
    this.#seal = seal;
  }

  /** Removes all that nobody vouches for; the paths of it, below the sandbox. Call it while nothing runs there. */
  dropUnsealed(): string[] {
    const sealed = this.#readNote();
    return listEntries(this.#folder).flatMap((name) => {
      const path = join(this.#folder, name);
      // A link or a pipe has no stamp, and no digest either.
      if (stampOf(path) !== undefined && digestFile(path).digest === sealed[name]) return [];
      rmSync(path, { recursive: true, force: true });
      return [`checkpoint/${name}`];
    });
  }

  /** Vouches for what lies there now, as far as the disk lets it: what it cannot vouch for costs a restart, and no result. */
  sealAll(): void {
    try {
      this.#sealAll();
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
    }
  }

  #sealAll(): void {
    const files: Record<string, Digest> = {};
    for (const name of listEntries(this.#folder)) {
      const digest = this.#digestOf(name);
      if (digest !== undefined) files[name] = digest;
    }
    const seal = this.#seal.seal(SEAL_TAG, { key: this.#key, files });
    if (seal === null || Object.keys(files).length === 0) rmSync(this.#notePath, { force: true });
    else writeDurably(this.#notePath, `${JSON.stringify({ files, seal })}\n`);
  }

  /** Vouches for what the stage saves as it goes. Returns what stops it. */
  watch(): () => void {
    let rest: NodeJS.Timeout | undefined;
    const onChange = (kind: string, name: string | null): void => {
      clearTimeout(rest);
      // Moved into place: whole, as a program saves that may be killed.
      if (kind === 'rename' && name !== null && existsSync(join(this.#folder, name))) this.sealAll();
      else rest = setTimeout(() => this.sealAll(), REST_MS).unref();
    };
    const watcher = watchIfPossible(this.#folder, onChange);
    return () => {
      clearTimeout(rest);
      watcher?.close();
    };
  }

  /** Undefined for what is no file, is gone, or is being written. */
  #digestOf(name: string): Digest | undefined {
    const path = join(this.#folder, name);
    const stamp = stampOf(path);
    if (stamp === undefined) return undefined;
    const known = this.#hashed.get(name);
    if (known !== undefined && isSameStamp(known.stamp, stamp)) return known.digest;
    try {
      const { digest } = digestFile(path);
      const after = stampOf(path);
      if (after === undefined || !isSameStamp(after, stamp)) return undefined;
      this.#hashed.set(name, { stamp, digest });
      return digest;
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return undefined;
    }
  }

  #readNote(): Readonly<Record<string, Digest>> {
    let text: string;
    try {
      text = readFileSync(this.#notePath, 'utf8');
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return {};
    }
    const note = parseJson(text) as { files?: Record<string, unknown>; seal?: unknown } | null | undefined;
    const files: Record<string, Digest> = {};
    for (const [name, value] of Object.entries(note?.files ?? {})) {
      const digest = parseDigest(String(value));
      if (digest !== undefined) files[name] = digest;
    }
    const seal = typeof note?.seal === 'string' ? note.seal : null;
    return this.#seal.holds(SEAL_TAG, { key: this.#key, files }, seal) ? files : {};
  }
}

/** Undefined, or silent from some moment on, where the system has no watch to give: what lies there at the end is sealed then. */
function watchIfPossible(folder: string, onChange: (kind: string, name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    return watcher.on('error', () => watcher.close());
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Below `folder`, all but folders. None when it is gone or unreadable. */
function listEntries(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return [];
  }
}
