/** The repository's own pipeline.yaml: each of its profiles is one that can run. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parsePipeline } from '../../lib/pipeline/parse-pipeline.ts';

const projectRoot = resolve(import.meta.dirname, '../..');
const text = readFileSync(resolve(projectRoot, 'pipeline.yaml'), 'utf8');
const { profiles } = parse(text) as { profiles: Record<string, unknown> };

test.each(Object.keys(profiles))('profile %s is sound', (profile) => {
  const parsed = parsePipeline(text, { file: 'pipeline.yaml', projectRoot, profile, overrides: [] });
  expect(parsed.ok ? [] : parsed.error).toEqual([]);
});
