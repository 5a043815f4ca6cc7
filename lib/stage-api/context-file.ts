/** The contract between the engine and a stage program: context.json in the sandbox, named by the variable ASSAY_CONTEXT. */
import type { JsonObject } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';

export const CONTEXT_VARIABLE = 'ASSAY_CONTEXT';
/** File descriptor to which the program may write one JSON object a line: StageMessage. Its number is in this variable. */
export const MESSAGES_VARIABLE = 'ASSAY_MESSAGES_FD';

/** Nothing here may differ between two executions of one action, but paths and `unkeyed`. */
export interface ContextFile {
  readonly version: 1;
  readonly params: JsonObject;
  readonly unkeyed: JsonObject;
  /** Absolute paths: a file for file outputs, a folder for the others. */
  readonly inputs: Readonly<Record<string, ContextInput>>;
  readonly outputs: Readonly<Record<string, { readonly path: string; readonly kind: string }>>;
  /** A folder that outlives a killed execution of the same action, for checkpoints. */
  readonly checkpoint: string;
  /** The tensor backend that the action key names: `wasm`; null when the program reaches none. */
  readonly compute: { readonly backend: string; readonly version: string; readonly threads: number } | null;
}

export type ContextInput =
  { readonly path: string; readonly artifact: Digest } | { readonly members: readonly ContextMember[] };

export interface ContextMember {
  readonly label: string;
  readonly coordinates: Readonly<Record<string, string | number | boolean>>;
  readonly path: string;
  readonly artifact: Digest;
}

export type StageMessage =
  | {
      readonly type: 'progress';
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly label: string;
    }
  | { readonly type: 'message'; readonly text: string };
