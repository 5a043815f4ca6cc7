/** Everything that may change a stage's outputs, and nothing else. Argued field by field in docs/hashing.md. */
import type { JsonObject } from '../base/canonical-json.ts';
import { digestRecord, type Digest } from '../base/digest.ts';
import type { OutputKind } from './stage.ts';

/** A type, not an interface, so that an Action is a JsonObject. */
export type Action = {
  readonly schema: 'action/v1';
  /** Raised when the engine changes how it runs a stage in a way that changes results. */
  readonly salt: string;
  readonly program: { readonly module: string } | { readonly command: readonly string[] } | { readonly shell: string };
  /** Project path to digest: the program's import closure and what `files` names. */
  readonly code: Readonly<Record<string, Digest>>;
  /** npm package to `version integrity`, as installed; `absent` for an optional one that is not. */
  readonly packages: Readonly<Record<string, string>>;
  readonly params: JsonObject;
  /** Artifact digests. A fan-in binds each member's label to its digest. */
  readonly inputs: Readonly<Record<string, Digest | Readonly<Record<string, Digest>>>>;
  readonly outputs: Readonly<Record<string, OutputKind>>;
  /** Declared variables; null where unset. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly runtime: {
    readonly node: string;
    readonly platform: string;
    readonly arch: string;
    /** `wasm@4.22.0/1`: backend, version, threads. Null for a program that does not reach a tensor library. */
    readonly compute: string | null;
  };
};

export const ACTION_TAG = 'action/v1';

export function actionKey(action: Action): Digest {
  return digestRecord(ACTION_TAG, action);
}
