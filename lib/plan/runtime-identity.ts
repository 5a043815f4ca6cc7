/** The machine, as far as it may change a result: the part of it that enters the action key. */
import type { Action } from '../model/action.ts';
import type { JsonObject } from '../base/canonical-json.ts';
import { chooseBackend, formatIdentity } from '../compute/identify.ts';

// Reached by every program that computes with tensors, whichever backend it takes.
const TENSOR_LIBRARY = '@tensorflow/tfjs-core';

/**
 * Node's major version, platform, architecture, and the tensor backend, with a thread for each of the stage's `cpus`, when
 * `packages` reach a tensor library.
 * Throws UserError `unknown-compute`, `compute-unavailable`.
 */
export function runtimeIdentity(
  packages: Action['packages'],
  computePreference: string,
  projectRoot: string,
  cpus: number,
): Action['runtime'] {
  return {
    node: `v${process.versions.node.split('.')[0]}`,
    platform: process.platform,
    arch: process.arch,
    compute: reachesTensors(packages) ? formatIdentity(chooseBackend(computePreference, projectRoot, cpus)) : null,
  };
}

/** The top-level parameter `compute` when it is text; any other value belongs to the experiment. */
export function computePreference(params: JsonObject): string {
  return typeof params.compute === 'string' ? params.compute : 'auto';
}

/** Whether an action's program may compute with tensors, and so is given a backend. */
export function reachesTensors(packages: Action['packages']): boolean {
  // Two copies are told apart by their place: `node_modules/x/node_modules/@tensorflow/tfjs-core`.
  return Object.keys(packages).some(
    (name) => name === TENSOR_LIBRARY || name.endsWith(`node_modules/${TENSOR_LIBRARY}`),
  );
}
