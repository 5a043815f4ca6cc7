/**
 * What an earlier verify read, for `--since-last` and `--resume` alone: artifacts/verify-state.json, beside what is verified. Without
 * these options nothing is remembered and nothing is believed. It is believed only under the user's own seal, so that who may edit it
 * cannot make verify look away; where no key can seal it, all is read each time.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { digestBytes, type Digest } from '../../base/digest.ts';
import { writeDurably } from '../../base/durable-write.ts';
import { systemErrorCode } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Seal } from '../../model/seal.ts';
import { isSameStamp, isTrustworthy, type FileStamp } from '../../model/stat-cache.ts';
import { guarded } from '../../store/store-errors.ts';

/** `nothing`: read all. `last`: pass over what any earlier verify read. `unfinished`: what the one that was interrupted read. */
export type Trust = 'nothing' | 'last' | 'unfinished';

const STATE_NAME = 'verify-state.json';
/** Saved each time this much was read, some seconds' worth: what an interruption costs at most. */
const SAVE_BYTES = 1 << 30;
const SAVE_MS = 5_000;

/** dev, ino, size, mtime and ctime in nanoseconds as text. */
const StampSchema = z.tuple([z.number(), z.number(), z.number(), z.string(), z.string()]);
const StateSchema = z.strictObject({
  version: z.literal(2),
  isFinished: z.boolean(),
  /** Path below artifacts/ of each file that was sound, with its stamp from before it was read. */
  files: z.record(z.string(), StampSchema),
  /** Digests of the datasets whose claims held. */
  datasets: z.array(z.string()),
});
type State = z.infer<typeof StateSchema>;

const SEAL_TAG = 'verify-seal/v1';

const SealedSchema = z.strictObject({ seal: z.string(), state: z.unknown() });

export interface MemoryParts {
  /** Of the store. */
  readonly root: string;
  readonly clock: Clock;
  readonly seal: Seal;
}

export class VerifyMemory {
  readonly #root: string;
  readonly #clock: Clock;
  readonly #seal: Seal;
  readonly #trust: Trust;
  readonly #known: Pick<State, 'files' | 'datasets'>;
  readonly #sound: State['files'] = {};
  readonly #datasets: string[] = [];
  readonly #startedAtMs: number;
  #unsavedBytes = 0;
  #savedAtMs: number;

  private constructor({ root, clock, seal }: MemoryParts, trust: Trust, known: Pick<State, 'files' | 'datasets'>) {
    this.#root = root;
    this.#clock = clock;
    this.#seal = seal;
    this.#trust = trust;
    this.#known = known;
    this.#startedAtMs = clock.nowMs();
    this.#savedAtMs = clock.elapsedMs();
  }

  /** A state that is missing, of another version or sealed by nobody is none: all is read. */
  static open(parts: MemoryParts, trust: Trust): VerifyMemory {
    const state = trust === 'nothing' ? undefined : readState(parts);
    const isUsed = state !== undefined && (trust === 'last' || !state.isFinished);
    return new VerifyMemory(parts, trust, isUsed ? state : { files: {}, datasets: [] });
  }

  trusts(file: string, stamp: FileStamp): boolean {
    const known = this.#known.files[relative(this.#root, file)];
    return known !== undefined && isSameStamp(decodeStamp(known), stamp);
  }

  /** A file that is sound; `stamp` is from before it was read. One that was written a moment ago is not remembered. */
  note(file: string, stamp: FileStamp, readBytes: number): void {
    if (this.#trust === 'nothing' || !isTrustworthy(stamp, this.#startedAtMs)) return;
    this.#sound[relative(this.#root, file)] = encodeStamp(stamp);
    this.#unsavedBytes += readBytes;
    const isDue = this.#unsavedBytes >= SAVE_BYTES || this.#clock.elapsedMs() - this.#savedAtMs >= SAVE_MS;
    if (isDue) this.#save(false);
  }

  /** Whether the dataset's claims held, as long as its files are those of then. */
  trustsDataset(artifact: Digest): boolean {
    return this.#known.datasets.includes(artifact);
  }

  noteDataset(artifact: Digest): void {
    if (this.#trust !== 'nothing') this.#datasets.push(artifact);
  }

  /** All was read. */
  finish(): void {
    if (this.#trust !== 'nothing') this.#save(true);
  }

  #save(isFinished: boolean): void {
    const path = join(this.#root, STATE_NAME);
    const state: State = { version: 2, isFinished, files: this.#sound, datasets: this.#datasets };
    const seal = this.#seal.seal(SEAL_TAG, noteOf(state));
    if (seal !== null)
      guarded('remember what was verified', path, () => writeDurably(path, JSON.stringify({ seal, state })));
    this.#unsavedBytes = 0;
    this.#savedAtMs = this.#clock.elapsedMs();
  }
}

function readState({ root, seal }: MemoryParts): State | undefined {
  let text: string;
  try {
    text = readFileSync(join(root, STATE_NAME), 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const sealed = SealedSchema.safeParse(parseJson(text));
  if (!sealed.success || !seal.holds(SEAL_TAG, noteOf(sealed.data.state), sealed.data.seal)) return undefined;
  const parsed = StateSchema.safeParse(sealed.data.state);
  return parsed.success ? parsed.data : undefined;
}

/** By its digest: the state of a large store is some megabytes. */
function noteOf(state: unknown): { readonly state: Digest } {
  return { state: digestBytes(JSON.stringify(state)) };
}

function encodeStamp({ dev, ino, sizeBytes, mtimeNs, ctimeNs }: FileStamp): State['files'][string] {
  return [dev, ino, sizeBytes, String(mtimeNs), String(ctimeNs)];
}

function decodeStamp([dev, ino, sizeBytes, mtimeNs, ctimeNs]: State['files'][string]): FileStamp {
  return { dev, ino, sizeBytes, mtimeNs: toNs(mtimeNs), ctimeNs: toNs(ctimeNs) };
}

function toNs(text: string): bigint {
  return /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
}
