/** A real project folder for pipeline files to speak of. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { formatDiagnostics } from '../../lib/pipeline/format-diagnostic.ts';
import { parsePipeline } from '../../lib/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../lib/model/stage.ts';

const parent = mkdtempSync(join(tmpdir(), 'assay-pipeline-'));
export const projectRoot = join(parent, 'project');
for (const path of [
  'stages/a.ts',
  'stages/b.mjs',
  'raw/seven.png',
  'tools/table.py',
  'artifacts/view/a/data',
  '../outside.ts',
]) {
  mkdirSync(dirname(join(projectRoot, path)), { recursive: true });
  writeFileSync(join(projectRoot, path), '');
}
symlinkSync('../../outside.ts', join(projectRoot, 'stages/outside.ts'));
symlinkSync('../artifacts', join(projectRoot, 'raw/store'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

export interface Choices {
  readonly profile?: string;
  readonly set?: readonly string[];
}

export function parse(text: string, { profile, set }: Choices = {}) {
  return parsePipeline(text, { file: 'pipeline.yaml', projectRoot, profile: profile ?? null, overrides: set ?? [] });
}

/** The pipeline, or the test fails with the errors. */
export function parsed(text: string, choices?: Choices): Pipeline {
  const result = parse(text, choices);
  if (!result.ok) throw new Error(`\n${formatDiagnostics(result.error)}`);
  return result.value;
}

/** All errors as they are printed. */
export function errorsOf(text: string, choices?: Choices): string {
  const result = parse(text, choices);
  return result.ok ? '(no errors)' : formatDiagnostics(result.error);
}
