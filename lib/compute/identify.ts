/** Which tensor backends this machine can use, and which one a run uses. Imports no tensor library: asking costs a few stats. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { nearestName } from '../base/did-you-mean.ts';
import { InternalError, UserError } from '../base/errors.ts';

/** In order of preference, fastest first. */
export const BACKEND_NAMES = ['onnx', 'tfjs-node', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export interface BackendReport {
  readonly name: BackendName;
  /** As installed; null when the package is not there. */
  readonly version: string | null;
  readonly usable: boolean;
  /** One sentence: what it is good for, or what stands in its way. */
  readonly why: string;
}

/** Part of the action key: backends, versions and thread counts differ in the last bits of every sum. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly version: string;
  readonly threads: number;
  readonly why: string;
}

const PACKAGES: Readonly<Record<BackendName, string>> = {
  onnx: 'onnxruntime-node',
  'tfjs-node': '@tensorflow/tfjs-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs-backend-cpu',
};

const THREADED: ReadonlySet<BackendName> = new Set(['onnx', 'tfjs-node']);

/** Facts of the running process that decide what is usable; tests pass their own. */
export interface Host {
  readonly nodeMajor: number;
  readonly platform: string;
  readonly arch: string;
}

const THIS_HOST: Host = {
  nodeMajor: Number(process.versions.node.split('.')[0]),
  platform: process.platform,
  arch: process.arch,
};

// tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
const FIRST_NODE_WITHOUT_TFJS_NODE = 23;

/** Every backend in order of preference, with the reason why it can or cannot be used from `projectRoot`. Never throws. */
export function identifyBackends(projectRoot: string, host: Host = THIS_HOST): readonly BackendReport[] {
  return BACKEND_NAMES.map((name) => {
    const folder = findPackage(projectRoot, packageOf(name));
    const version = folder === null ? null : versionOf(name, folder);
    if (folder === null || version === null) {
      return { name, version: null, usable: false, why: `${packageOf(name)} is not installed` };
    }
    if (findPackage(projectRoot, '@tensorflow/tfjs-core') === null) {
      return { name, version, usable: false, why: '@tensorflow/tfjs-core is not installed' };
    }
    return { name, version, ...judge(name, folder, host) };
  });
}

/**
 * The backend for a preference: `auto` takes the first usable one, a name takes that one or fails. A backend with threads gets
 * `cpus` of them, what the stage's `resources` ask for: so two stages side by side share the cores instead of fighting for them, and
 * the count, which moves the last bits of sums, is the same on every machine.
 * Throws UserError `unknown-compute` for a name that is none, `compute-unavailable` when it cannot be used here.
 */
export function chooseBackend(
  preference: string,
  projectRoot: string,
  cpus: number,
  host: Host = THIS_HOST,
): BackendChoice {
  if (preference !== 'auto' && !(BACKEND_NAMES as readonly string[]).includes(preference)) {
    const near = nearestName(preference, ['auto', ...BACKEND_NAMES]);
    throw new UserError('unknown-compute', `params.compute is "${preference}", which is no tensor backend`, {
      hint: `${near === undefined ? '' : `did you mean "${near}"? `}allowed: auto, ${BACKEND_NAMES.join(', ')}`,
    });
  }
  const reports = identifyBackends(projectRoot, host);
  const report = reports.find((r) => (preference === 'auto' ? r.usable : r.name === preference));
  if (report === undefined || !report.usable || report.version === null) {
    throw new UserError(
      'compute-unavailable',
      preference === 'auto'
        ? `no tensor backend can be used: ${reports.map((r) => `${r.name}: ${r.why}`).join('; ')}`
        : `the tensor backend "${preference}" cannot be used: ${report?.why ?? 'unknown'}`,
      { hint: preference === 'auto' ? 'run npm install' : 'run with --set compute=auto to take the best one that can' },
    );
  }
  const threads = THREADED.has(report.name) ? cpus : 1;
  return { name: report.name, version: report.version, threads, why: report.why };
}

/** One word for the action key and for people: `wasm@4.22.0/1`, the number being that of threads. */
export function formatIdentity(choice: { name: string; version: string; threads: number }): string {
  return `${choice.name}@${choice.version}/${choice.threads}`;
}

/** The npm package that holds a backend. */
export function packageOf(name: BackendName): string {
  return PACKAGES[name];
}

function judge(name: BackendName, folder: string, host: Host): { usable: boolean; why: string } {
  switch (name) {
    case 'onnx':
      return hasRuntimeBinary(folder, host)
        ? {
            usable: true,
            why: 'ONNX Runtime: whole steps compiled, native code, as many threads as the stage has cpus',
          }
        : { usable: false, why: `its package holds no binary for ${host.platform} ${host.arch}` };
    case 'tfjs-node':
      if (host.nodeMajor >= FIRST_NODE_WITHOUT_TFJS_NODE) {
        return {
          usable: false,
          why: `it does not run on Node ${FIRST_NODE_WITHOUT_TFJS_NODE} or later, and this is Node ${host.nodeMajor}`,
        };
      }
      return hasNativeBinding(folder)
        ? { usable: true, why: 'TensorFlow: native code, as many threads as the stage has cpus' }
        : { usable: false, why: 'its native binding is missing: docs/compute.md tells how to build it' };
    case 'wasm':
      return existsSync(join(folder, 'dist', 'tfjs-backend-wasm-simd.wasm'))
        ? { usable: true, why: 'WebAssembly with SIMD, one core, no native code' }
        : { usable: false, why: 'its tfjs-backend-wasm-simd.wasm is missing' };
    case 'cpu':
      return { usable: true, why: 'plain JavaScript, about fifteen times slower than wasm' };
    default:
      throw new InternalError(`a backend name: got ${JSON.stringify(name satisfies never)}`);
  }
}

/** node-pre-gyp puts the binding at lib/napi-v<N>/tfjs_binding.node, N being the N-API version it was built for. */
function hasNativeBinding(folder: string): boolean {
  const lib = join(folder, 'lib');
  if (!existsSync(lib)) return false;
  return readdirSync(lib).some((name) => name.startsWith('napi-v') && existsSync(join(lib, name, 'tfjs_binding.node')));
}

/** The package ships its binaries at bin/napi-v<N>/<platform>/<arch>/onnxruntime_binding.node. */
function hasRuntimeBinary(folder: string, { platform, arch }: Host): boolean {
  const bin = join(folder, 'bin');
  if (!existsSync(bin)) return false;
  return readdirSync(bin).some((name) => existsSync(join(bin, name, platform, arch, 'onnxruntime_binding.node')));
}

/** As Node resolves a bare import: node_modules of the folder, then of each folder above it. */
function findPackage(projectRoot: string, name: string): string | null {
  for (let folder = resolve(projectRoot); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (dirname(folder) === folder) return null;
  }
}

/** tfjs-node calls a TensorFlow library of another version, on which the last bits depend too: `4.22.0+tensorflow.2.15.1`. */
function versionOf(name: BackendName, folder: string): string | null {
  const version = readVersion(folder);
  if (version === null || name !== 'tfjs-node') return version;
  const library = readTensorFlowVersion(folder);
  return library === null ? version : `${version}+tensorflow.${library}`;
}

/** By the name of its file: libtensorflow.so.2.9.1, or libtensorflow_cc.so.2.15.1 from a Python wheel. */
function readTensorFlowVersion(folder: string): string | null {
  const lib = join(folder, 'deps', 'lib');
  if (!existsSync(lib)) return null;
  const versions = readdirSync(lib).map((file) => /^libtensorflow(?:_cc)?\.so\.(\d+\.\d+\.\d+)$/.exec(file)?.[1]);
  return versions.find((version) => version !== undefined) ?? null;
}

function readVersion(folder: string): string | null {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const version = (manifest as { version?: unknown } | null)?.version;
  return typeof version === 'string' ? version : null;
}
