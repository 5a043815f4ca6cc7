/** The JSON Schema of pipeline.yaml, for editors. Made from the shape that parsing checks, so that the two cannot differ. */
import * as z from 'zod/mini';
import { pipelineShape } from './shape.ts';

/** Draft 2020-12. docs/pipeline.schema.json holds it; a test compares the two. */
export function pipelineJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(pipelineShape, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'Assay pipeline',
    description: 'A pipeline of stages: what each runs, reads and writes. Reference: docs/pipeline.md.',
    ...schema,
  };
}
