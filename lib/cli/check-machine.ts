/** The part of `assay doctor` that looks at the machine. */
import { existsSync, statfsSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import { chooseBackend, identifyBackends } from '../compute/identify.ts';
import type { Pipeline } from '../model/stage.ts';
import { computePreference } from '../plan/runtime-identity.ts';
import { formatSize } from '../report/quantities.ts';
import type { Check } from '../report/render-checks.ts';
import { NEEDED_NODE } from './version.ts';

/** The built-in experiment's largest profile needs about 3 GB. */
const LITTLE_DISK_BYTES = 5e9;
/** Below this even a database may fail to grow. */
const NO_DISK_BYTES = 2e8;
const MIRROR_TIMEOUT_MS = 5_000;

/** `pipeline`: null when it does not read well; its params name the mirror and the tensor backend. */
export async function checkMachine(folder: string, pipeline: Pipeline | null): Promise<Check[]> {
  return [
    checkNode(process.versions.node, NEEDED_NODE),
    await checkCompiler(),
    await checkSqlite(),
    ...checkCompute(folder, pipeline),
    ...(await checkMirror(pipeline)),
    checkDisk(folder),
  ];
}

export function checkNode(version: string, needed: string): Check {
  const isEnough = compareVersions(version, needed.replace('>=', '')) >= 0;
  return {
    name: 'node',
    status: isEnough ? 'ok' : 'fail',
    finding: `Node ${version}, needed ${needed}`,
    fix: isEnough ? null : `install Node ${needed}`,
  };
}

async function checkCompiler(): Promise<Check> {
  const { execa } = await import('execa');
  for (const program of [process.env.CXX ?? 'c++', 'g++', 'clang++']) {
    const { exitCode, stdout } = await execa(program, ['--version'], { reject: false, stdin: 'ignore' });
    if (exitCode === 0) return { name: 'compiler', status: 'ok', finding: stdout.split('\n')[0] ?? program, fix: null };
  }
  return {
    name: 'compiler',
    status: 'warn',
    finding: 'no C++ compiler: better-sqlite3 can be installed only where a built one can be downloaded',
    fix: 'install g++ or clang++',
  };
}

async function checkSqlite(): Promise<Check> {
  try {
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(':memory:');
    const version = String(database.prepare('SELECT sqlite_version()').pluck().get());
    database.close();
    return { name: 'sqlite', status: 'ok', finding: `better-sqlite3 loads, SQLite ${version}`, fix: null };
  } catch (error) {
    const [message] = (error as Error).message.split('\n');
    return {
      name: 'sqlite',
      status: 'fail',
      finding: `better-sqlite3 does not load: ${message}`,
      fix: 'npm rebuild better-sqlite3',
    };
  }
}

function checkCompute(folder: string, pipeline: Pipeline | null): Check[] {
  const backends = identifyBackends(folder).map(({ name, version, usable, why }): Check => ({
    name: `compute ${name}`,
    // Only the lack of all is a fault: any one will do.
    status: 'ok',
    finding: `${usable ? 'usable' : 'not usable'}${version === null ? '' : `, ${version}`}: ${why}`,
    fix: null,
  }));
  return [...backends, checkChoice(folder, computePreference(pipeline?.params ?? {}))];
}

function checkChoice(folder: string, preference: string): Check {
  try {
    const choice = chooseBackend(preference, folder, 1);
    const because = preference === 'auto' ? 'the fastest that can be used' : 'the pipeline asks for it';
    return {
      name: 'compute',
      status: 'ok',
      finding: `would use ${choice.name} ${choice.version}: ${because}`,
      fix: null,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Pipelines without tensors do well without a backend; one that asks for a certain backend does not.
    const status = preference === 'auto' ? 'warn' : 'fail';
    return { name: 'compute', status, finding: error.message, fix: error.hint ?? null };
  }
}

async function checkMirror(pipeline: Pipeline | null): Promise<Check[]> {
  const mirror = pipeline?.params.mirror;
  if (typeof mirror !== 'string') return [];
  const fix = 'check --set mirror, ASSAY_MIRROR or params.mirror';
  if (!/^https?:/.test(mirror)) {
    const isThere = existsSync(mirror.replace(/^file:\/\//, ''));
    const finding = `${mirror} ${isThere ? 'is there' : 'does not exist'}`;
    return [{ name: 'mirror', status: isThere ? 'ok' : 'fail', finding, fix: isThere ? null : fix }];
  }
  try {
    const { status } = await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(MIRROR_TIMEOUT_MS) });
    // Many mirrors answer 403 or 404 for a folder and still give its files.
    return [{ name: 'mirror', status: 'ok', finding: `${mirror} answers (HTTP ${status})`, fix: null }];
  } catch (error) {
    const cause = (error as Error).cause instanceof Error ? ((error as Error).cause as Error) : (error as Error);
    return [{ name: 'mirror', status: 'fail', finding: `${mirror} does not answer: ${cause.message}`, fix }];
  }
}

function checkDisk(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const status = freeBytes < NO_DISK_BYTES ? 'fail' : freeBytes < LITTLE_DISK_BYTES ? 'warn' : 'ok';
  const fix = status === 'ok' ? null : 'assay gc frees what no result reaches';
  return { name: 'disk', status, finding: `${formatSize(freeBytes)} free`, fix };
}

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
