/** What is started for a stage, and what it sees of the machine. */
import { relative } from 'node:path';
import { unreachable } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { StageInstance } from '../model/stage.ts';
import { fillPlaceholders, type Placeholder } from '../pipeline/placeholder.ts';
import type { Sandbox } from './sandbox.ts';

export interface StageCommand {
  readonly argv: readonly [string, ...string[]];
  readonly stdin: 'pipe' | 'null';
}

/**
 * The paths in the arguments of a command are relative to the sandbox, its working folder: the same wherever the project lies, and
 * free of characters that a shell would need quoted.
 */
export function stageCommand(instance: StageInstance, sandbox: Sandbox): StageCommand {
  const fill = (text: string): string => fillPlaceholders(text, (placeholder) => pathOf(placeholder, sandbox));
  const { program } = instance;
  switch (program.kind) {
    case 'module':
      return { argv: [process.execPath, '--enable-source-maps', 'program.mjs'], stdin: 'pipe' };
    case 'command': {
      const [file, ...args] = program.argv;
      return { argv: [fill(file), ...args.map(fill)], stdin: 'null' };
    }
    case 'shell':
      return { argv: ['/bin/sh', '-c', fill(program.line)], stdin: 'null' };
    default:
      return unreachable(program);
  }
}

/** Exactly what a stage sees, but for the two variables of stage-api. PATH finds programs; what they are is not in the key. */
export function stageEnvironment(
  action: Action,
  sandbox: Sandbox,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const temporary = `${sandbox.folder}/tmp`;
  const declared = Object.entries(action.env).filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    PATH: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: temporary,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // The values that are in the key, whatever became of them since.
    ...Object.fromEntries(declared),
  };
}

function pathOf(placeholder: Placeholder, sandbox: Sandbox): string {
  switch (placeholder.kind) {
    case 'context':
      return relative(sandbox.folder, sandbox.contextPath);
    case 'input':
      return relative(sandbox.folder, sandbox.inputPaths[placeholder.name] as string);
    case 'output':
      return relative(sandbox.folder, sandbox.outputPaths[placeholder.name] as string);
    default:
      return unreachable(placeholder);
  }
}
