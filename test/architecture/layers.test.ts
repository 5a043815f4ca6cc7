/** Imports point down the layers, types too: read every import of lib/ and stages/ and say which breaks the rule. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Ground floor up. Folders on one level never import each other. */
const LEVELS = [
  ['base'],
  ['model', 'stage-api', 'dataset', 'compute'],
  ['pipeline', 'store', 'lineage'],
  ['plan'],
  ['execute'],
  ['audit'],
  ['report'],
  ['cli'],
];
const LEVEL_OF = new Map(LEVELS.flatMap((folders, level) => folders.map((folder) => [folder, level] as const)));
const STAGES_MAY_IMPORT = new Set(['stage-api', 'dataset', 'compute']);

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(files: readonly string[]): Import[] {
  return files.flatMap((from) => {
    const text = readFileSync(join(ROOT, from), 'utf8');
    const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]/g)].map((match) => match[1]!);
    return specifiers.map((specifier) => ({ from, to: relative(ROOT, join(ROOT, dirname(from), specifier)) }));
  });
}

/** What is wrong with an import, or undefined. */
function breach({ from, to }: Import): string | undefined {
  const [fromTop, fromFolder] = from.split('/');
  const [toTop, toFolder] = to.split('/');
  if (toTop !== 'lib' && toTop !== 'stages') return `${from} imports ${to}, which is neither in lib/ nor in stages/`;
  if (fromTop === 'stages') {
    if (toTop === 'stages' || STAGES_MAY_IMPORT.has(toFolder!)) return undefined;
    return `${from} imports ${to}: a stage may import stage-api, dataset and compute only`;
  }
  if (toTop === 'stages') return `${from} imports ${to}: the engine knows no stage`;
  if (fromFolder === toFolder) return undefined;
  const fromLevel = LEVEL_OF.get(fromFolder!);
  const toLevel = LEVEL_OF.get(toFolder!);
  if (fromLevel === undefined) return `${from} lies in a folder without a level`;
  if (toLevel === undefined) return `${to} lies in a folder without a level`;
  if (toLevel < fromLevel) return undefined;
  return `${from} (level ${fromLevel}) imports ${to} (level ${toLevel})`;
}

/** The first cycle found among files, as a trail. */
function findCycle(imports: readonly Import[]): string | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(' -> ');
    if (done.has(file)) return undefined;
    trail.push(file);
    for (const target of next.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe('the layers', () => {
  const files = globSync(['lib/**/*.ts', 'stages/**/*.ts'], { cwd: ROOT }).sort();
  const imports = importsOf(files);

  it('are found at all', () => {
    expect(files.length).toBeGreaterThan(10);
    expect(imports.length).toBeGreaterThan(10);
  });

  it('import downwards only', () => {
    expect(imports.map(breach).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('have no cycle among files', () => {
    expect(findCycle(imports)).toBeUndefined();
  });

  it('keep stage-api free of everything else at run time, so that an engine edit never invalidates an experiment', () => {
    const runtimeImports = files
      .filter((file) => file.startsWith('lib/stage-api/'))
      .flatMap((file) =>
        [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^import (?!type\b)[^;]*from '(\.\.[^']+)'/gm)].map(
          (match) => `${file} imports ${match[1]}`,
        ),
      );
    expect(runtimeImports).toEqual([]);
  });
});

describe('the rule itself', () => {
  it.each([
    [{ from: 'lib/model/a.ts', to: 'lib/base/b.ts' }, undefined],
    [{ from: 'lib/base/a.ts', to: 'lib/model/b.ts' }, 'lib/base/a.ts (level 0) imports lib/model/b.ts (level 1)'],
    [{ from: 'lib/store/a.ts', to: 'lib/lineage/b.ts' }, 'lib/store/a.ts (level 2) imports lib/lineage/b.ts (level 2)'],
    [
      { from: 'stages/poison.ts', to: 'lib/store/b.ts' },
      'stages/poison.ts imports lib/store/b.ts: a stage may import stage-api, dataset and compute only',
    ],
    [
      { from: 'lib/cli/a.ts', to: 'stages/fetch.ts' },
      'lib/cli/a.ts imports stages/fetch.ts: the engine knows no stage',
    ],
  ])('judges %o', (edge, problem) => {
    expect(breach(edge)).toBe(problem);
  });

  it('finds a cycle with its trail', () => {
    const edge = (from: string, to: string): Import => ({ from, to });
    expect(findCycle([edge('a', 'b'), edge('b', 'c'), edge('c', 'b')])).toBe('b -> c -> b');
    expect(findCycle([edge('a', 'b'), edge('b', 'c'), edge('a', 'c')])).toBeUndefined();
  });
});
