/** The action of one stage instance, from facts that others gathered. */
import type { Digest } from '../base/digest.ts';
import { unreachable } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { Program, StageInstance } from '../model/stage.ts';

/** Raise it when a change to the engine makes the same action give other bytes: every result is then made again. */
const ENGINE_SALT = '1';

/** What an action holds beyond the instance's own declaration. */
export interface ActionFacts {
  readonly code: Action['code'];
  readonly packages: Action['packages'];
  readonly inputs: Action['inputs'];
  readonly env: Action['env'];
  readonly runtime: Action['runtime'];
}

/** Pure. What an instance has and an action has not (name, resources, timeout, …) cannot change outputs: docs/hashing.md. */
export function buildAction(instance: StageInstance, facts: ActionFacts): Action {
  return {
    schema: 'action/v1',
    salt: ENGINE_SALT,
    program: programIdentity(instance.program),
    code: facts.code,
    packages: facts.packages,
    params: instance.params,
    inputs: facts.inputs,
    outputs: instance.outputs,
    env: facts.env,
    runtime: facts.runtime,
  };
}

/** The declared variables as they are now; null where unset. Reads nothing but `names`. */
export function pickEnv(names: readonly string[], env: NodeJS.ProcessEnv): Record<string, string | null> {
  return Object.fromEntries(names.map((name) => [name, env[name] ?? null]));
}

/** Inputs by content: the digest of each, or the names of those instances whose output is not known yet, each once. */
export function resolveInputs(
  instance: StageInstance,
  digestOfPath: (path: string) => Digest,
  outputsOf: OutputLookup,
): { readonly inputs: Action['inputs'] } | { readonly waitingOn: readonly string[] } {
  const inputs: [string, Action['inputs'][string]][] = [];
  const waitingOn = new Set<string>();
  const lookUp = (reference: { instance: string; output: string }): Digest => {
    const digest = outputsOf(reference);
    if (digest === undefined) waitingOn.add(reference.instance);
    return digest as Digest; // Never used when undefined: waitingOn is returned instead.
  };
  for (const [name, input] of Object.entries(instance.inputs)) {
    switch (input.kind) {
      case 'path':
        inputs.push([name, digestOfPath(input.path)]);
        break;
      case 'output':
        inputs.push([name, lookUp(input)]);
        break;
      case 'all':
        inputs.push([name, Object.fromEntries(input.members.map((member) => [member.label, lookUp(member)]))]);
        break;
      default:
        return unreachable(input);
    }
  }
  return waitingOn.size > 0 ? { waitingOn: [...waitingOn] } : { inputs: Object.fromEntries(inputs) };
}

/** The artifact that an instance's output is known to be, or undefined. */
export type OutputLookup = (reference: { readonly instance: string; readonly output: string }) => Digest | undefined;

function programIdentity(program: Program): Action['program'] {
  switch (program.kind) {
    case 'module':
      return { module: program.path };
    case 'command':
      return { command: program.argv };
    case 'shell':
      return { shell: program.line };
    default:
      return unreachable(program);
  }
}
