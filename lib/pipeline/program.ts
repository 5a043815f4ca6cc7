/** What a stage runs: exactly one of `program`, `command` and `shell`. */
import { posix } from 'node:path';
import type { Program } from '../model/stage.ts';
import type { FieldReader } from './field-reader.ts';
import type { ParamScope } from './param-scope.ts';
import { escapePlaceholders, findPlaceholders } from './placeholder.ts';
import { describePathProblem, type ProjectPaths } from './project-paths.ts';
import type { StageShape } from './shape.ts';
import type { TreePath } from './yaml-tree.ts';

const MODULE_ENDINGS = ['.ts', '.mts', '.js', '.mjs', '.cjs'];
const KINDS = ['program', 'command', 'shell'] as const;

export interface ProgramContext {
  readonly reader: FieldReader;
  readonly shape: StageShape;
  readonly paths: ProjectPaths;
}

/** Reads the program and reports its faults. A faulty one comes back as an empty shell line, which is never run. */
export function readProgram({ reader, shape, paths }: ProgramContext, scope: ParamScope): Program {
  const given = KINDS.filter((kind) => shape[kind] !== undefined);
  const [kind, second] = given;
  if (kind === undefined) {
    const hint = 'program: stages/name.ts, or command: [python3, tools/name.py]';
    reader.report('missing-key', [], 'nothing says what it runs; give "program", "command" or "shell".', {
      part: 'key',
      hint,
    });
  } else if (second !== undefined) {
    reader.report('conflicting-keys', [second], `"${kind}" and "${second}" both say what it runs; keep one.`, {
      part: 'key',
    });
  }
  const location = reader.locate([kind ?? 'program']);
  const program =
    kind === 'program'
      ? readModule(reader, paths, scope, shape.program as string)
      : kind === 'command'
        ? readCommand(reader, shape, scope)
        : kind === 'shell'
          ? readShell(reader, shape, scope)
          : undefined;
  return { ...(program ?? { kind: 'shell', line: '' }), location };
}

type Unlocated<P> = P extends Program ? Omit<P, 'location'> : never;

function readModule(
  reader: FieldReader,
  paths: ProjectPaths,
  scope: ParamScope,
  raw: string,
): Unlocated<Program> | undefined {
  const text = reader.text(scope, raw, ['program']);
  if (text === undefined) return undefined;
  const ending = posix.extname(text);
  if (!MODULE_ENDINGS.includes(ending)) {
    const hint =
      ending === '.py'
        ? `command: [python3, ${text}] and files: [${text}]`
        : `other programs: command: [${text}] and files: [${text}]`;
    reader.report(
      'unsupported-program',
      ['program'],
      `"${text}" is not TypeScript or JavaScript (${MODULE_ENDINGS.join(', ')}).`,
      { hint },
    );
    return undefined;
  }
  const checked = paths.check(text);
  if ('problem' in checked || !checked.isFile) {
    const problem = 'problem' in checked ? checked.problem : 'missing';
    const { code, message, hint } = describePathProblem(problem, text);
    reader.report(problem === 'missing' ? 'missing-program' : code, ['program'], `the program ${message}`, { hint });
    return undefined;
  }
  return { kind: 'module', path: checked.path };
}

function readCommand(reader: FieldReader, shape: StageShape, scope: ParamScope): Unlocated<Program> | undefined {
  const argv = (shape.command ?? []).map((raw, i) => {
    const text = reader.text(scope, raw, ['command', i], escapePlaceholders);
    if (text !== undefined) checkPlaceholders(reader, shape, text, ['command', i]);
    return text ?? '';
  });
  const [program, ...rest] = argv;
  if (program === undefined || program === '') return undefined;
  return { kind: 'command', argv: [program, ...rest] };
}

function readShell(reader: FieldReader, shape: StageShape, scope: ParamScope): Unlocated<Program> | undefined {
  const line = reader.text(scope, shape.shell ?? '', ['shell'], escapePlaceholders);
  if (line === undefined) return undefined;
  checkPlaceholders(reader, shape, line, ['shell']);
  return { kind: 'shell', line };
}

function checkPlaceholders(reader: FieldReader, shape: StageShape, text: string, at: TreePath): void {
  for (const { placeholder, source } of findPlaceholders(text)) {
    if (placeholder.kind === 'context') continue;
    const { kind, name } = placeholder;
    const known = Object.keys((kind === 'input' ? shape.inputs : shape.outputs) ?? {});
    if (known.includes(name)) continue;
    const hint = reader.problems.didYouMean(name, known) ?? `write {${source}} for the text ${source} itself`;
    reader.report('unknown-placeholder', at, `"${source}" names no ${kind} of the stage.`, { hint, within: source });
  }
}
