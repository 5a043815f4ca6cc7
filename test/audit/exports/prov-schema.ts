/** The schema of the PROV-JSON submission itself. It says nothing of prefixes or of ends that are missing: rules.ts does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

const PATH = join(import.meta.dirname, '../../fixtures/prov-json/prov-json.schema.json');

let compiled: ValidateFunction | undefined;

/** What is wrong with a document; empty when nothing is. */
export function provProblems(document: unknown): string[] {
  compiled ??= compile();
  if (compiled(document)) return [];
  return (compiled.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Of draft 4, in words that later drafts have too but for `id` and `$schema`, which name it. */
function compile(): ValidateFunction {
  const { id: _, $schema: __, ...schema } = JSON.parse(readFileSync(PATH, 'utf8')) as Record<string, unknown>;
  const formats = {
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
    uri: /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]*$/i,
  };
  return new Ajv({ strict: false, allErrors: true, formats }).compile(schema);
}
