/** Runs the process of a stage in a group of its own, and leaves nothing of it behind. */
import { type Readable } from 'node:stream';
import { execa } from 'execa';
import { CONTEXT_VARIABLE, MESSAGES_VARIABLE, type StageMessage } from '../stage-api/context-file.ts';
import { watchMemory } from './memory-watch.ts';
import { LineReader, parseMessage } from './messages.ts';
import { markerOf } from './sandbox-paths.ts';
import { StageLog, type LogStream } from './stage-log.ts';
import { settleStage, stopStage } from './stop-group.ts';

const MESSAGES_FD = 3;
/** For a process that left the group and hid, and still holds the log's pipe open. */
const STREAM_END_MS = 2_000;
/** setTimeout takes 31 bits: 24 days. A longer timeout is as good as that. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface ProcessRequest {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** All that the process sees, but ASSAY_CONTEXT and ASSAY_MESSAGES_FD, which are added. */
  readonly env: Readonly<Record<string, string>>;
  readonly contextPath: string;
  readonly logPath: string;
  /** `pipe`: kept open and silent, so that its end tells a stage-api program of our death. `null`: for programs that read it. */
  readonly stdin: 'pipe' | 'null';
  readonly timeoutMs: number | null;
  readonly graceMs?: number;
  readonly signal: AbortSignal;
  readonly onText: (stream: LogStream, text: string) => void;
  readonly onMessage: (message: StageMessage) => void;
  readonly onMalformed: (line: string) => void;
}

export interface ProcessEnd {
  /** `not-started`: see startError. A process that ends by itself before it is stopped has `exited`. */
  readonly how: 'exited' | 'timed-out' | 'aborted' | 'not-started';
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** ENOENT, EACCES, …: why it could not be started. */
  readonly startError: string | null;
  readonly peakMemoryBytes: number | null;
  readonly logTail: readonly string[];
  readonly isLogEmpty: boolean;
  /** ENOSPC, …: why the log is not whole; null when it is. */
  readonly logLossCode: string | null;
  /** The program exited by itself but left processes in the background. They were stopped. */
  readonly leftRunning: boolean;
  /** Ids of those that even SIGKILL did not end. */
  readonly survivors: readonly number[];
}

/** Resolves when the process and all that it started are gone and its log is complete. Rejects only for bugs. */
export async function runProcess(request: ProcessRequest): Promise<ProcessEnd> {
  const log = new StageLog(request.logPath, request.onText);
  let end: UnloggedEnd;
  try {
    end = await runLogged(request, log);
  } finally {
    log.close();
  }
  return { ...end, logTail: log.tail, isLogEmpty: log.isEmpty, logLossCode: log.lossCode };
}

type UnloggedEnd = Omit<ProcessEnd, 'logTail' | 'isLogEmpty' | 'logLossCode'>;

async function runLogged(request: ProcessRequest, log: StageLog): Promise<UnloggedEnd> {
  const [file, ...args] = request.argv;
  const marker = markerOf(request.contextPath);
  const child = execa(file, args, {
    cwd: request.cwd,
    env: { ...request.env, [CONTEXT_VARIABLE]: request.contextPath, [MESSAGES_VARIABLE]: String(MESSAGES_FD) },
    extendEnv: false,
    // A group and session of its own: Ctrl-C at the terminal reaches us alone, and we stop the stage as a whole.
    detached: true,
    stdio: [request.stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
    buffer: false,
    reject: false,
  });
  const { pid } = child;
  if (pid === undefined) {
    const { code } = await child;
    return notStarted(code ?? 'unknown');
  }
  // A program that exits without reading it breaks this pipe. We never write, so there is nothing to lose.
  child.stdin?.on('error', () => undefined);
  const streamsEnded = Promise.all([
    readStream(child.stdout, (piece) => log.write('stdout', piece)),
    readStream(child.stderr, (piece) => log.write('stderr', piece)),
    readMessages(child.stdio[MESSAGES_FD] as Readable, request),
  ]);
  const memory = watchMemory(pid);
  const stopping = stopWhenTold(pid, marker, request);
  const exit = await new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const peakMemoryBytes = memory.stop();
  const { how, survivors } = await stopping.end();
  // Also after a plain exit: what the program left in the background must not touch outputs that are about to be hashed.
  const left = await settleStage(pid, marker, request.graceMs);
  await withLimit(streamsEnded, STREAM_END_MS);
  for (const stream of child.stdio) stream?.destroy();
  await child;
  return {
    how,
    ...exit,
    startError: null,
    peakMemoryBytes,
    leftRunning: how === 'exited' && left.wasRunning,
    survivors: [...survivors, ...left.survivors],
  };
}

function notStarted(startError: string): UnloggedEnd {
  return {
    how: 'not-started',
    exitCode: null,
    signal: null,
    startError,
    peakMemoryBytes: null,
    leftRunning: false,
    survivors: [],
  };
}

/** Stops the stage when its time is over or the run is aborted. `end`, called once it has exited, says which it was. */
function stopWhenTold(leader: number, marker: string, request: ProcessRequest) {
  let how: 'exited' | 'timed-out' | 'aborted' = 'exited';
  let stopped: Promise<readonly number[]> = Promise.resolve([]);
  const stop = (why: 'timed-out' | 'aborted'): void => {
    if (how !== 'exited') return;
    how = why;
    stopped = stopStage(leader, marker, request.graceMs);
  };
  const onAbort = (): void => stop('aborted');
  const timer =
    request.timeoutMs === null
      ? undefined
      : setTimeout(() => stop('timed-out'), Math.min(request.timeoutMs, MAX_TIMER_MS));
  request.signal.addEventListener('abort', onAbort, { once: true });
  if (request.signal.aborted) onAbort();
  return {
    end: async () => {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', onAbort);
      return { survivors: await stopped, how };
    },
  };
}

function readStream(stream: Readable, onPiece: (piece: Buffer) => void): Promise<void> {
  return new Promise((resolve) => {
    stream.on('data', onPiece);
    // A broken pipe ends the stream as its end does: the exit code tells the rest.
    stream.on('error', () => undefined);
    stream.once('close', resolve);
  });
}

async function readMessages(stream: Readable, request: ProcessRequest): Promise<void> {
  const reader = new LineReader();
  const take = (lines: readonly string[]): void => {
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = parseMessage(line);
      if (message === undefined) request.onMalformed(line);
      else request.onMessage(message);
    }
  };
  await readStream(stream, (piece) => take(reader.push(piece)));
  take(reader.end());
}

async function withLimit(ended: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([ended, limit]);
  clearTimeout(timer);
}
