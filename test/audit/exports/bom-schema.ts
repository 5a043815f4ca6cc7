/** CycloneDX's own schema, and the one rule that it states in words: what is referred to is there, once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

const FOLDER = join(import.meta.dirname, '../../fixtures/cyclonedx-1.6');

let compiled: ValidateFunction | undefined;

/** What is wrong with a bill of materials; empty when nothing is. */
export function bomProblems(bom: unknown): string[] {
  compiled ??= compile();
  if (!compiled(bom)) return (compiled.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const refs = new Set<string>();
  const doubles: string[] = [];
  const uses: string[] = [];
  walk(bom, refs, doubles, uses);
  return [
    ...doubles.map((ref) => `two things have the bom-ref ${ref}`),
    ...uses.filter((ref) => !refs.has(ref)).map((ref) => `nothing has the bom-ref ${ref}`),
  ];
}

function walk(value: unknown, refs: Set<string>, doubles: string[], uses: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === 'bom-ref' && refs.size === refs.add(member as string).size) doubles.push(member as string);
    else if (key === 'ref') uses.push(member as string);
    else if (key === 'dependsOn') uses.push(...(member as string[]));
    else walk(member, refs, doubles, uses);
  }
}

function compile(): ValidateFunction {
  const read = (name: string): object => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as object;
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: {
      'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
      'iri-reference': /^[^\s<>"{}|\\^`]*$/,
      uri: /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]*$/i,
      'idn-email': /^[^\s@]+@[^\s@]+$/,
    },
  });
  ajv.addSchema(read('spdx.SNAPSHOT.schema.json'), 'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json');
  ajv.addSchema(read('jsf-0.82.SNAPSHOT.schema.json'), 'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json');
  return ajv.compile(read('bom-1.6.SNAPSHOT.schema.json'));
}
