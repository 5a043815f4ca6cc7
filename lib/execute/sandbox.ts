/**
 * The folder in which a stage runs: artifacts/staging/<first 16 hex digits of the action key>/
 *
 *   inputs/ outputs/ checkpoint/ tmp/   checkpoint.json   context.json   program.mjs (modules)   the files that `files:` names   log.txt
 */
import { copyFileSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson, compareUtf8, type JsonObject } from '../base/canonical-json.ts';
import { digestFile, type Digest } from '../base/digest.ts';
import { InternalError, UserError } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { Artifact } from '../model/artifact.ts';
import { FILE_KINDS, type StageInstance } from '../model/stage.ts';
import { matchFiles } from '../plan/match-files.ts';
import type { ContextFile, ContextInput } from '../stage-api/context-file.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { CHECKPOINT_NOTE } from './checkpoint-seal.ts';
import { outputFileName } from './collect-outputs.ts';
import { removeTree } from './remove-tree.ts';
import { contextPathOf, sandboxFolder } from './sandbox-paths.ts';
import { editedBeforeStart } from './stage-problem.ts';

export interface Sandbox {
  readonly folder: string;
  readonly contextPath: string;
  readonly logPath: string;
  readonly outputsFolder: string;
  /** Of each input: the file or folder, or the folder of a fan-in's members. */
  readonly inputPaths: Readonly<Record<string, string>>;
  /** Of each output. */
  readonly outputPaths: Readonly<Record<string, string>>;
  /** What the inputs are, as the lineage records them. */
  readonly inputs: readonly SandboxInput[];
}

export interface SandboxInput {
  readonly name: string;
  readonly label: string | null;
  /** An Artifact where no stage made it. */
  readonly artifact: Digest | Artifact;
  /** Within the project, where no stage made it; else null. */
  readonly path: string | null;
  /** Where the stage finds it; absolute. */
  readonly place: string;
}

export interface SandboxRequest {
  readonly projectRoot: string;
  readonly store: ArtifactStore;
  readonly instance: StageInstance;
  readonly action: Action;
  readonly key: Digest;
  /** The text of program.mjs; null for commands. */
  readonly programText: string | null;
  readonly keepsCheckpoint: boolean;
}

const OWN_NAMES = new Set([
  ...['inputs', 'outputs', 'checkpoint', 'tmp'],
  ...[CHECKPOINT_NOTE, 'context.json', 'program.mjs', 'log.txt'],
]);

/**
 * Makes the sandbox anew, but for its checkpoint. The caller holds the lease of the key and knows that nothing runs in there.
 * Throws UserError: what the store says of a damaged or unreadable input, 'tainted-by-edit' when a file of the project is no
 * longer what the action says, 'files-collide'.
 */
export function prepareSandbox(request: SandboxRequest): Sandbox {
  const { store, instance, action, key, programText } = request;
  const folder = sandboxFolder(store.paths.staging, key);
  clearSandbox(store, folder, request.keepsCheckpoint ? ['checkpoint', CHECKPOINT_NOTE] : []);
  for (const name of ['inputs', 'outputs', 'checkpoint', 'tmp']) mkdirSync(join(folder, name), { recursive: true });

  const inputs = placeInputs(request, folder);
  const outputPaths: Record<string, string> = {};
  for (const [name, kind] of Object.entries(instance.outputs)) {
    outputPaths[name] = join(folder, 'outputs', outputFileName(name, kind));
    if (!FILE_KINDS.has(kind)) mkdirSync(outputPaths[name]);
  }
  copyFiles(request, folder);
  if (programText !== null) writeFileSync(join(folder, 'program.mjs'), programText);
  // Keys in canonical order, for the same reason as the members' order below.
  const context = canonicalJson(describe(instance, action, folder, outputPaths) as unknown as JsonObject);
  writeFileSync(contextPathOf(folder), `${JSON.stringify(JSON.parse(context), null, 2)}\n`);
  return {
    folder,
    contextPath: contextPathOf(folder),
    logPath: join(folder, 'log.txt'),
    outputsFolder: join(folder, 'outputs'),
    inputPaths: Object.fromEntries(Object.keys(instance.inputs).map((name) => [name, inputPath(folder, name)])),
    outputPaths,
    inputs,
  };
}

/** Removes all in a sandbox but what `kept` names and is not empty, and the sandbox itself when nothing is left. */
export function clearSandbox(store: ArtifactStore, folder: string, kept: readonly string[]): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return removeTree(folder);
  const names = readdirSync(folder);
  const staying = names.filter((name) => kept.includes(name) && !isEmpty(join(folder, name)));
  // By the store, which then need not hash again what was linked there.
  if (names.includes('inputs')) releaseInputs(store, join(folder, 'inputs'));
  for (const name of names) if (!staying.includes(name)) removeTree(join(folder, name));
  if (staying.length === 0) removeTree(folder);
}

function isEmpty(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isDirectory() ? readdirSync(path).length === 0 : stat.size === 0;
}

function releaseInputs(store: ArtifactStore, folder: string): void {
  try {
    store.releaseTree(folder);
  } catch (error) {
    // The stage may have made a folder read-only: removeTree, which comes next, can remove it all the same.
    if (!(error instanceof UserError)) throw error;
  }
}

function placeInputs({ projectRoot, store, instance, action }: SandboxRequest, folder: string): SandboxInput[] {
  return Object.entries(instance.inputs).flatMap(([name, input]): SandboxInput[] => {
    const bound = action.inputs[name];
    if (bound === undefined) throw new InternalError(`the action of ${instance.id} lacks its input "${name}"`);
    if (typeof bound === 'string') {
      const artifact = input.kind === 'path' ? storeProjectPath(store, projectRoot, input.path, bound) : bound;
      const place = inputPath(folder, name);
      store.materialise(bound, place);
      return [{ name, label: null, artifact, path: input.kind === 'path' ? input.path : null, place }];
    }
    mkdirSync(inputPath(folder, name));
    return Object.entries(bound).map(([label, artifact]) => {
      const place = inputPath(folder, name, label);
      store.materialise(artifact, place);
      return { name, label, artifact, path: null, place };
    });
  });
}

/** The stage reads the store's copy, so that an edit of the project while it runs cannot reach it. */
function storeProjectPath(store: ArtifactStore, projectRoot: string, path: string, expected: Digest): Artifact {
  const artifact = store.putInput(join(projectRoot, path));
  if (artifact.digest !== expected) throw editedBeforeStart([path]);
  return artifact;
}

/** Copies, not links: a stage that writes into them must not edit the project. */
function copyFiles({ projectRoot, instance, action }: SandboxRequest, folder: string): void {
  for (const path of matchFiles(projectRoot, instance.stage, instance.files)) {
    const [top = ''] = path.split('/');
    if (OWN_NAMES.has(top)) {
      throw new UserError(
        'files-collide',
        `stage "${instance.stage}": files: ${path} would lie where the stage's own ${top} does`,
        { hint: `move it to a folder of another name than ${top}, or make it an input: ./${path}` },
      );
    }
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(projectRoot, path), target);
    if (digestFile(target).digest !== action.code[path]) throw editedBeforeStart([path]);
  }
}

function describe(
  instance: StageInstance,
  action: Action,
  folder: string,
  outputPaths: Readonly<Record<string, string>>,
): ContextFile {
  const inputs = Object.entries(instance.inputs).map(([name, input]): [string, ContextInput] => {
    const bound = action.inputs[name] as Action['inputs'][string];
    if (typeof bound === 'string') return [name, { path: inputPath(folder, name), artifact: bound }];
    // In the order of the labels: the action does not keep that of the matrix, and what a program sees must follow from its key.
    const members = input.kind === 'all' ? input.members.toSorted((a, b) => compareUtf8(a.label, b.label)) : [];
    return [
      name,
      {
        members: members.map(({ label, coordinates }) => ({
          label,
          coordinates,
          path: inputPath(folder, name, label),
          artifact: bound[label] as Digest,
        })),
      },
    ];
  });
  const outputs = Object.entries(instance.outputs).map(([name, kind]) => [name, { path: outputPaths[name], kind }]);
  return {
    version: 1,
    params: instance.params,
    unkeyed: instance.unkeyed,
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs) as ContextFile['outputs'],
    checkpoint: join(folder, 'checkpoint'),
    compute: parseCompute(action.runtime.compute),
  };
}

/** `wasm@4.22.0/1`: backend, version, threads. */
function parseCompute(identity: string | null): ContextFile['compute'] {
  if (identity === null) return null;
  const parts = /^(.+)@(.+)\/(\d+)$/.exec(identity);
  if (parts === null) throw new InternalError(`a compute identity reads like "wasm@4.22.0/1": got "${identity}"`);
  return { backend: parts[1] as string, version: parts[2] as string, threads: Number(parts[3]) };
}

function inputPath(folder: string, name: string, label?: string): string {
  return join(folder, 'inputs', name, label === undefined ? '' : labelFolder(label));
}

/** A label may hold what a file name cannot. Percent signs are encoded too, so that no two labels meet. */
function labelFolder(label: string): string {
  return label.replace(/[%/\0]/g, encodeURIComponent).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
}
