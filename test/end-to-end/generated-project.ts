/** Small generated projects, and edits of them such as people make: of params, code, inputs and environment, and of the store itself. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { writeProjectFile } from '../support/execute-rig.ts';

export interface StageSpec {
  readonly runs: 'shell' | 'command' | 'module';
  /** Earlier stages, each modulo how many there are; `all` collects the instances of a matrix stage. */
  readonly reads: readonly { readonly from: number; readonly all: boolean }[];
  readonly data: './data/text' | './data/folder' | null;
  readonly params: readonly ('a' | 'b.x')[];
  readonly readsEnv: boolean;
  readonly writes: 'file' | 'directory';
  readonly hasMatrix: boolean;
  /** Writes one digit of a checksum: often the same for different inputs, so that what follows may stay cached. */
  readonly isCoarse: boolean;
}

/** All of a project that may change a result. Values have equal lengths, so that sizes tell nothing. */
export interface State {
  readonly a: number;
  readonly x: number;
  readonly sweep: readonly number[];
  /** In a file that modules import, and in one that commands name under `files:`. */
  readonly imported: number;
  readonly named: number;
  readonly text: number;
  /** By file name. */
  readonly folder: Readonly<Record<string, number>>;
  readonly word: string | null;
  /** Stages that the pipeline has at this moment. */
  readonly stages: number;
}

export const FIRST_STATE: State = {
  a: 1,
  x: 1,
  sweep: [1, 2],
  imported: 1,
  named: 1,
  text: 1,
  folder: { one: 1 },
  word: null,
  stages: Infinity,
};

/** `text` 3 makes every stage that reads ./data/text fail. */
export const FATAL_TEXT = 3;

export type Edit =
  | { readonly kind: 'state'; readonly change: Partial<State> }
  | { readonly kind: 'touch' }
  | { readonly kind: 'force'; readonly stage: number }
  | { readonly kind: 'interrupt'; readonly atStart: number }
  | { readonly kind: 'delete'; readonly what: 'view' | 'database' | 'staging' }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'blob'; readonly which: number; readonly harm: Harm; readonly keepsTime: boolean };
type Harm = 'delete' | 'flip' | 'truncate' | 'empty' | 'append';

const stageSpec: fc.Arbitrary<StageSpec> = fc.record({
  runs: fc.constantFrom('shell', 'shell', 'shell', 'command', 'module'),
  reads: fc.array(fc.record({ from: fc.nat(5), all: fc.boolean() }), { maxLength: 2 }),
  data: fc.constantFrom(null, null, './data/text', './data/folder'),
  params: fc.constantFrom([], ['a'], ['b.x'], ['a', 'b.x']),
  readsEnv: fc.boolean(),
  writes: fc.constantFrom('file', 'directory'),
  hasMatrix: fc.boolean(),
  isCoarse: fc.boolean(),
});

const value = fc.integer({ min: 1, max: 2 });
const change: fc.Arbitrary<Partial<State>> = fc.oneof(
  fc.record({ a: value }),
  fc.record({ x: value }),
  fc.record({ sweep: fc.constantFrom([1], [2], [1, 2], [2, 1], [3, 2, 1]) }),
  fc.record({ imported: value, named: value }),
  fc.record({ text: fc.integer({ min: 1, max: FATAL_TEXT }) }),
  fc.record({ folder: fc.constantFrom({ one: 1 }, { one: 2 }, { two: 1 }, { one: 1, two: 2 }) }),
  fc.record({ word: fc.constantFrom(null, 'left', 'down') }),
  fc.record({ stages: fc.integer({ min: 1, max: 6 }) }),
);
const blob = fc.record({
  kind: fc.constant('blob' as const),
  which: fc.nat(50),
  harm: fc.constantFrom<Harm>('delete', 'flip', 'truncate', 'empty', 'append'),
  keepsTime: fc.boolean(),
});

export const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('state' as const), change }) },
  { weight: 4, arbitrary: blob },
  { weight: 1, arbitrary: fc.constant<Edit>({ kind: 'touch' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('force' as const), stage: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('interrupt' as const), atStart: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      what: fc.constantFrom('view' as const, 'database' as const, 'staging' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Edit>({ kind: 'sweep' }) },
);
export const anyStages = fc.array(stageSpec, { minLength: 3, maxLength: 6 });

/** Reads each input file by file, names and contents, and then what it was told. */
const JOIN = (word: string): string => `
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { word } from '${word}';
const { inputs, outputs, params } = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
const read = (path) => statSync(path).isFile() ? readFileSync(path, 'utf8')
  : readdirSync(path).sort().map((name) => name + ':' + read(path + '/' + name)).join('');
const given = Object.entries(inputs).map(([name, input]) =>
  (input.members ?? [input]).map(({ label, path }) => [name, label, read(path)]));
if (JSON.stringify(given).includes('fatal')) throw new Error('fatal');
let text = JSON.stringify([given, params, word, process.env.WORD]) + '\\n';
if (process.argv.includes('coarse') || params.isCoarse) text = createHash('md5').update(text).digest('hex')[0] < '8' ? 'low' : 'high';
const { path, kind } = outputs.out;
if (kind === 'file') writeFileSync(path, text);
else for (const name of ['first', 'second']) writeFileSync(path + '/' + name, name + text);
`;

/** Brings the files of the project from one state to another, and touches no others. */
export function writeState(root: string, specs: readonly StageSpec[], state: State): void {
  const files: Record<string, string> = {
    'pipeline.yaml': JSON.stringify(pipelineOf(specs, state), null, 1),
    'stages/join.js': JOIN('./imported.js'),
    'stages/imported.js': `export const word = 'word ${state.imported}';\n`,
    'tools/join.mjs': JOIN('./named.mjs'),
    'tools/named.mjs': `export const word = 'word ${state.named}';\n`,
    'data/text': state.text === FATAL_TEXT ? 'fatal\n' : `text${state.text}\n`,
    ...Object.fromEntries(Object.entries(state.folder).map(([name, n]) => [`data/folder/${name}`, `file${n}\n`])),
  };
  for (const [path, text] of Object.entries(files)) {
    const isThere = existsSync(join(root, path));
    if (!isThere || readFileSync(join(root, path), 'utf8') !== text) writeProjectFile(root, path, text);
  }
  for (const name of readdirSync(join(root, 'data/folder'))) {
    if (!(name in state.folder)) rmSync(join(root, 'data/folder', name));
  }
}

export const environmentOf = ({ word }: State): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  ...(word === null ? {} : { WORD: word }),
});

function pipelineOf(specs: readonly StageSpec[], state: State): object {
  const present = specs.slice(0, state.stages);
  /** Own or inherited from what it reads one by one. */
  const isMatrix: boolean[] = [];
  const stages = present.map((spec, i) => {
    const inputs: Record<string, string> = spec.data === null ? {} : { data: spec.data };
    let inherits = false;
    if (i > 0) {
      for (const { from, all } of spec.reads) {
        const upstream = from % i;
        const collects = all && isMatrix[upstream];
        inputs[`from${upstream}`] = `s${upstream}${collects ? '[*]' : ''}.out`;
      }
      inherits = Object.entries(inputs).some(([name, source]) => {
        const upstream = /^from(\d)$/.exec(name)?.[1];
        return upstream !== undefined && !source.includes('[*]') && isMatrix[Number(upstream)];
      });
    }
    isMatrix[i] = spec.hasMatrix || inherits;
    return {
      ...programOf(spec, Object.keys(inputs)),
      inputs,
      params: spec.params,
      ...(spec.hasMatrix && !inherits ? { matrix: { n: '${sweep}' } } : {}),
      ...(spec.readsEnv ? { env: ['WORD'] } : {}),
      outputs: { out: spec.writes },
    };
  });
  return {
    version: 1,
    params: { a: state.a, b: { x: state.x }, n: 0, sweep: state.sweep },
    stages: Object.fromEntries(stages.map((stage, i) => [`s${i}`, stage])),
  };
}

function programOf({ runs, isCoarse, writes, params }: StageSpec, inputs: readonly string[]): object {
  switch (runs) {
    case 'module':
      return { program: 'stages/join.js' };
    case 'command':
      return { command: ['node', 'tools/join.mjs', isCoarse ? 'coarse' : 'fine'], files: ['tools/*.mjs'] };
    case 'shell': {
      const paths = inputs.map((name) => `{inputs.${name}}`).join(' ');
      const read =
        inputs.length === 0 ? '' : `find -L ${paths} -type f | sort | while read f; do echo "$f"; cat "$f"; done; `;
      const told = `echo "${params.map((param) => `\${${param}}`).join(' ')} $WORD"`;
      const check = inputs.includes('data') ? 'if grep -rq fatal {inputs.data}; then exit 3; fi; ' : '';
      const coarsely = isCoarse ? ' | cksum | cut -c1 | tr 1-4 1' : '';
      const target = writes === 'file' ? '{outputs.out}' : '{outputs.out}/only';
      return { shell: `${check}( ${read}${told} )${coarsely} > ${target}` };
    }
  }
}

/** Every file of the project is written at this moment, with what it holds. */
export function touchAll(root: string): void {
  for (const folder of ['stages', 'tools', 'data']) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const path = join(root, folder, name);
      if (lstatSync(path).isFile()) writeFileSync(path, readFileSync(path));
    }
  }
}

/** Harms one stored file. The names of loose blobs and packs in order, so that the same number names the same file again. */
export function harmBlob(root: string, { which, harm, keepsTime }: Extract<Edit, { kind: 'blob' }>): void {
  const files = ['objects', 'packs'].flatMap((folder) =>
    readdirSync(join(root, 'artifacts', folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(root, 'artifacts', folder, name))
      .filter((path) => statSync(path).isFile()),
  );
  const path = files.sort()[which % Math.max(files.length, 1)];
  if (path === undefined) return;
  if (harm === 'delete') return rmSync(path);
  const { mode, atime, mtime, size } = statSync(path);
  chmodSync(path, 0o644);
  switch (harm) {
    case 'flip': {
      const bytes = readFileSync(path);
      bytes[size >> 1]! ^= 1;
      writeFileSync(path, bytes);
      break;
    }
    case 'truncate':
      truncateSync(path, size >> 1);
      break;
    case 'empty':
      truncateSync(path, 0);
      break;
    case 'append':
      appendFileSync(path, 'x');
  }
  if (keepsTime) utimesSync(path, atime, mtime);
  chmodSync(path, mode);
}
