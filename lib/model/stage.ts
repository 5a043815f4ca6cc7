/** The pipeline as the rest of the program sees it: validated, templated, expanded, in topological order. */
import type { Json, JsonObject } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import type { SourceLocation } from './diagnostic.ts';

export const OUTPUT_KINDS = ['dataset', 'model', 'metrics', 'image', 'file', 'directory'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Kinds whose output is one file. The others are directories. */
export const FILE_KINDS: ReadonlySet<OutputKind> = new Set(['metrics', 'image', 'file']);

export type Scalar = string | number | boolean;

export interface Pipeline {
  /** Relative to the project: `pipeline.yaml`. */
  readonly file: string;
  /** Digest of the file's bytes. */
  readonly digest: Digest;
  readonly profile: string | null;
  /** What `--set` said, as given. */
  readonly overrides: readonly string[];
  /** After profile and overrides, with templates resolved. */
  readonly params: JsonObject;
  /** What is run when a command names no target: stages, instances or outputs. Empty: everything. */
  readonly targets: readonly string[];
  /** Text outputs printed when a run ends. */
  readonly show: readonly OutputReference[];
  /** What this profile says before it starts (its `note`), or null. */
  readonly note: string | null;
  /** Every stage instance, each after all that it reads. */
  readonly instances: readonly StageInstance[];
}

export interface StageInstance {
  /** The stage's name in the file: `poison`. */
  readonly stage: string;
  /** Unique in the pipeline: `poison`, or `poison[chosen=7,count=600]`. */
  readonly id: string;
  /** Where in the matrix: param path to value, own and inherited axes, in UTF-8 order. Empty without a matrix. */
  readonly coordinates: Readonly<Record<string, Scalar>>;
  readonly program: Program;
  /** The params the stage names, by path as written (`attack`, `attack.count`), and its own matrix axes. */
  readonly params: JsonObject;
  /** Params handed to the program but kept out of the action key: where bytes come from, never what they are. */
  readonly unkeyed: JsonObject;
  readonly inputs: Readonly<Record<string, StageInput>>;
  readonly outputs: Readonly<Record<string, OutputKind>>;
  /** Globs, relative to the project, of further files that may change the result. */
  readonly files: readonly string[];
  /** Names of the environment variables that the program may see. */
  readonly env: readonly string[];
  readonly resources: Resources;
  readonly timeoutMs: number | null;
  readonly retries: number;
  /** By output name. */
  readonly expect: Readonly<Record<string, Expectation>>;
  /** The stage's key in the file. */
  readonly location: SourceLocation;
}

/**
 * `module` is bundled and run by Node. `command` is an argument list for any program; arguments may hold the placeholders
 * `{inputs.NAME}`, `{outputs.NAME}` and `{context}` (paths, filled in at run time). With `shell`, it is one line for /bin/sh.
 */
export type Program =
  | { readonly kind: 'module'; readonly path: string; readonly location: SourceLocation }
  | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]]; readonly location: SourceLocation }
  | { readonly kind: 'shell'; readonly line: string; readonly location: SourceLocation };

export interface OutputReference {
  /** A StageInstance.id. */
  readonly instance: string;
  readonly output: string;
}

export type StageInput =
  /** A file or folder of the project, written `./path`. */
  | { readonly kind: 'path'; readonly path: string; readonly location: SourceLocation }
  /** One output of one instance: `fetch.data`. */
  | ({ readonly kind: 'output'; readonly location: SourceLocation } & OutputReference)
  /** That output of every instance of a matrix stage: `evaluate[*].metrics`. Members in the order of the matrix. */
  | {
      readonly kind: 'all';
      readonly stage: string;
      readonly members: readonly FanInMember[];
      readonly location: SourceLocation;
    };

export interface FanInMember extends OutputReference {
  /** The part of the id in brackets, `chosen=7,count=600`: names the member's folder and its place in the action. */
  readonly label: string;
  readonly coordinates: Readonly<Record<string, Scalar>>;
}

export interface Resources {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly gpus: number;
}

/** What must hold of a dataset output, else the run fails and nothing is cached. All that is given is checked. */
export interface Expectation {
  /** The input it is compared with, for added, removed, changed, relabelled. */
  readonly against: string | null;
  readonly count?: number;
  readonly added?: RecordCount;
  readonly removed?: RecordCount;
  /** Records at an index of both whose content differs. */
  readonly changed?: RecordCount;
  /** Those of `changed` whose pixels are the same. */
  readonly relabelled?: RecordCount;
  /** Records per class, by label. */
  readonly classes?: Readonly<Record<string, number>>;
  /** The largest part of the records that one class may have, 0 to 1. */
  readonly max_class_share?: number;
  /** Roots of the record manifest, by split. */
  readonly root?: Readonly<Record<string, Digest>>;
  /** The artifact's digest. */
  readonly digest?: Digest;
  readonly location: SourceLocation;
}

/** Of all classes together; or of each class, by label, and none of the classes that are not named. */
export type RecordCount = number | Readonly<Record<string, number>>;

/** One thing an expectation compared. */
export interface ExpectationFinding {
  readonly check:
    'count' | 'added' | 'removed' | 'changed' | 'relabelled' | 'classes' | 'max_class_share' | 'root' | 'digest';
  readonly expected: Json;
  readonly found: Json;
  readonly holds: boolean;
}
