/** A stage program's view of what it was given: params, where to read, where to write. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { JsonObject } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import { CONTEXT_VARIABLE, type ContextFile, type ContextInput, type ContextMember } from './context-file.ts';
import { StageError } from './stage-error.ts';

/** What a stage may read and write. A name that the stage does not declare is a StageError that lists those it does. */
export interface StageContext {
  /** The params the stage names, by path as written: `ctx.params['attack.count']`. Check them with a schema before use. */
  readonly params: JsonObject;
  /** Params that say where bytes come from, never what they are. */
  readonly unkeyed: JsonObject;
  /** A folder that outlives a killed execution of the same action. Empty on a first execution. */
  readonly checkpointFolder: string;
  /** The tensor backend to start, exactly as the action key names it; null when the program reaches no tensor library. */
  readonly compute: ContextFile['compute'];
  /** Absolute path of an input: a file or a folder, never to be written. */
  input(name: string): string;
  inputArtifact(name: string): Digest;
  /** The members of a fan-in (`evaluate[*].metrics`), in the order of the matrix. */
  members(name: string): readonly ContextMember[];
  /** Absolute path of an output. A folder kind exists and is empty; a file kind is to be written. */
  output(name: string): string;
}

/** Reads the context of this execution. Throws StageError 'context-missing' when the program was started by hand. */
export function readContext(env: NodeJS.ProcessEnv = process.env): StageContext {
  const path = env[CONTEXT_VARIABLE];
  if (path === undefined || path === '') {
    throw new StageError(
      'context-missing',
      `${basename(process.argv[1] ?? 'this program')} is a stage program: ${CONTEXT_VARIABLE} is not set, so it has no inputs, params or outputs.`,
      { hint: 'run it through assay: assay run <stage>, with the name that the stage has in pipeline.yaml' },
    );
  }
  return contextOf(parseContext(path));
}

function parseContext(path: string): ContextFile {
  let context: ContextFile;
  try {
    context = JSON.parse(readFileSync(path, 'utf8')) as ContextFile;
  } catch (cause) {
    throw new StageError(
      'context-unreadable',
      `cannot read ${path}, which ${CONTEXT_VARIABLE} names: ${String(cause)}`,
      {
        hint: 'run the stage through assay: assay run <stage>',
        cause,
      },
    );
  }
  if (context.version === 1) return context;
  throw new StageError(
    'context-unreadable',
    `${path} is a context of version ${String(context.version)}; this stage-api reads version 1.`,
    { hint: 'use the assay of the same release as the stage-api that the program imports' },
  );
}

function contextOf(file: ContextFile): StageContext {
  const inputNamed = (name: string): ContextInput => declared('input', file.inputs, name);
  const singleNamed = (name: string): Extract<ContextInput, { path: string }> => {
    const input = inputNamed(name);
    if ('path' in input) return input;
    throw new StageError(
      'context-fan-in',
      `input "${name}" is a fan-in of ${input.members.length} members, not one artifact.`,
      { hint: `read it with ctx.members("${name}")` },
    );
  };
  return {
    params: file.params,
    unkeyed: file.unkeyed,
    checkpointFolder: file.checkpoint,
    compute: file.compute,
    input: (name) => singleNamed(name).path,
    inputArtifact: (name) => singleNamed(name).artifact,
    members: (name) => {
      const input = inputNamed(name);
      if ('members' in input) return input.members;
      throw new StageError('context-fan-in', `input "${name}" is one artifact, not a fan-in.`, {
        hint: `read it with ctx.input("${name}")`,
      });
    },
    output: (name) => declared('output', file.outputs, name).path,
  };
}

function declared<T>(what: 'input' | 'output', all: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(all);
  throw new StageError(
    'context-undeclared',
    `the program asks for ${what} "${name}", which its stage does not declare; it declares ${names.length === 0 ? `no ${what}s` : names.join(', ')}.`,
    { hint: `add "${name}" under ${what}s: of the stage in pipeline.yaml, or correct the name in the program` },
  );
}
