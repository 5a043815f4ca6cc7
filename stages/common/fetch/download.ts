/** One file over HTTP, in as many attempts as it takes: what has arrived is kept and the next attempt goes on from there. */
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import pRetry from 'p-retry';

export interface DownloadOptions {
  /** Attempts in a row that bring nothing, before the address is given up. */
  readonly retries: number;
  /** Wait before the first such retry; doubled each time. */
  readonly retryDelayMs: number;
  /** A connection that brings nothing for so long is cut. */
  readonly stallMs: number;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

export const DOWNLOAD_DEFAULTS = {
  retries: 3,
  retryDelayMs: 400, // 0.4 + 0.8 + 1.6 s: a closed network is known for one within 3 s an address
  stallMs: 30_000,
} as const;

/** Why an attempt failed. `isFinal`: asking again would not help. `arrivedBytes`: how much of the file was here then. */
export class DownloadFailure extends Error {
  readonly isFinal: boolean;
  readonly arrivedBytes: number;

  constructor(message: string, options: { isFinal: boolean; arrivedBytes?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'DownloadFailure';
    this.isFinal = options.isFinal;
    this.arrivedBytes = options.arrivedBytes ?? 0;
  }
}

/**
 * Brings a file to `path`, going on from what is there (RFC 9110 section 14, Range). Throws DownloadFailure, and leaves what has
 * arrived. The caller must prove the content: the file may have changed between two attempts.
 */
export async function download(address: string, path: string, options: DownloadOptions): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  let mostBytes = 0;
  await pRetry(() => attempt(address, path, options), {
    retries: options.retries,
    minTimeout: options.retryDelayMs,
    factor: 2,
    shouldRetry: ({ error }) => !(error instanceof DownloadFailure && error.isFinal),
    // An attempt that got further than any before is not held against the address. It ends, because the file does.
    shouldConsumeRetry: ({ error }) => {
      const arrivedBytes = error instanceof DownloadFailure ? error.arrivedBytes : 0;
      if (arrivedBytes <= mostBytes) return true;
      mostBytes = arrivedBytes;
      return false;
    },
  });
}

async function attempt(address: string, path: string, options: DownloadOptions): Promise<void> {
  const haveBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const stall = new AbortController();
  const watch = setTimeout(() => {
    stall.abort(new Error(`nothing came for ${options.stallMs / 1000} s`));
  }, options.stallMs);
  let arrivedBytes = 0;
  try {
    const response = await fetch(address, { headers: requestHeaders(haveBytes), signal: stall.signal });
    const plan = readResponse(response, haveBytes, path);
    if (plan === 'complete') return;
    arrivedBytes = plan.startBytes;
    const fd = openSync(path, plan.startBytes === 0 ? 'w' : 'r+');
    try {
      for await (const piece of response.body ?? []) {
        watch.refresh();
        writeAll(fd, piece, arrivedBytes);
        arrivedBytes += piece.length;
        options.onProgress(arrivedBytes, plan.totalBytes ?? 0);
      }
    } finally {
      closeSync(fd);
    }
    if (plan.totalBytes !== null && arrivedBytes !== plan.totalBytes) {
      throw new DownloadFailure(`ended after ${arrivedBytes} of ${plan.totalBytes} bytes`, {
        isFinal: false,
        arrivedBytes,
      });
    }
  } catch (cause) {
    if (cause instanceof DownloadFailure) throw cause;
    throw new DownloadFailure(reasonOf(cause), { isFinal: false, arrivedBytes, cause });
  } finally {
    clearTimeout(watch);
  }
}

function requestHeaders(haveBytes: number): Record<string, string> {
  // A body that the server compresses on the way has no ranges to speak of.
  const identity = { 'accept-encoding': 'identity' };
  return haveBytes === 0 ? identity : { ...identity, range: `bytes=${haveBytes}-` };
}

type BodyPlan = { readonly startBytes: number; readonly totalBytes: number | null };

/** Where the body of a response belongs in the file; 'complete' when all is there already. Throws DownloadFailure on a refusal. */
function readResponse(response: Response, haveBytes: number, path: string): BodyPlan | 'complete' {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (response.status === 200) {
    const isEncoded = response.headers.has('content-encoding');
    const length = response.headers.get('content-length');
    return { startBytes: 0, totalBytes: isEncoded || length === null ? null : Number(length) };
  }
  if (response.status === 206 && range?.[1] !== undefined && Number(range[1]) === haveBytes) {
    return { startBytes: haveBytes, totalBytes: range[2] === '*' ? null : Number(range[2]) };
  }
  void response.body?.cancel();
  if (response.status === 206 || response.status === 416) {
    if (response.status === 416 && range?.[2] !== undefined && Number(range[2]) === haveBytes) return 'complete';
    // What is here belongs to another file than the server has: begin again.
    rmSync(path, { force: true });
    throw new DownloadFailure(`answered ${response.status} to a request from byte ${haveBytes}`, { isFinal: false });
  }
  const isPassing = response.status >= 500 || response.status === 429 || response.status === 408;
  throw new DownloadFailure(`answered ${response.status} ${response.statusText}`.trimEnd(), { isFinal: !isPassing });
}

/** Node hides why behind "fetch failed" and "terminated". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const inner = cause instanceof AggregateError && cause.errors[0] instanceof Error ? cause.errors[0] : cause;
  return inner.message === '' ? error.message : inner.message;
}

function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written, at + written);
  }
}
