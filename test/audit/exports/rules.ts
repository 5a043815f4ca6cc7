/**
 * The rules of formats whose own schema no package brings here, restated from their specifications as far as exports use them:
 * strict, so that a field in the wrong place fails. bench/interop/ asks the formats' own libraries.
 */
import { z } from 'zod';

const MOMENT = z.iso.datetime();
const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);

// PROV-JSON, W3C Member Submission of 24 April 2013, sections 2 and 3.
const NAME = z.string().regex(/^(?:sha256|execution|assay|prov):[^\s:]+$/);
const LITERAL = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({ $: z.string(), type: z.literal('prov:QUALIFIED_NAME') }),
]);
const attributes = z.record(z.string().regex(/^(?:prov|assay):[\w.]+$/), LITERAL);
const relation = (required: Record<string, z.ZodType>, optional: Record<string, z.ZodType> = {}) =>
  z.record(
    z.string().regex(/^_:[a-z]+\d+$/),
    z.strictObject({
      ...required,
      ...Object.fromEntries(Object.entries(optional).map(([name, schema]) => [name, schema.optional()])),
    }),
  );

export const PROV_JSON = z.strictObject({
  prefix: z.record(z.string().regex(/^[\w-]+$/), z.url()),
  entity: z.record(NAME, attributes),
  activity: z.record(
    NAME,
    z.intersection(attributes, z.looseObject({ 'prov:startTime': MOMENT, 'prov:endTime': MOMENT })),
  ),
  agent: z.record(NAME, attributes),
  used: relation({ 'prov:activity': NAME, 'prov:entity': NAME }, { 'prov:time': MOMENT, 'prov:role': LITERAL }),
  wasGeneratedBy: relation(
    { 'prov:entity': NAME, 'prov:activity': NAME },
    { 'prov:time': MOMENT, 'prov:role': LITERAL },
  ),
  wasDerivedFrom: relation({ 'prov:generatedEntity': NAME, 'prov:usedEntity': NAME }, { 'prov:activity': NAME }),
  wasAssociatedWith: relation({ 'prov:activity': NAME }, { 'prov:agent': NAME, 'prov:plan': NAME }),
});

// OpenLineage 2-0-2: OpenLineage.json and the facets named here.
const facet = <T extends z.ZodRawShape>(name: string, shape: T) =>
  z.strictObject({
    _producer: z.url(),
    _schemaURL: z
      .string()
      .regex(new RegExp(`^https://openlineage\\.io/spec/(facets/)?\\d-\\d-\\d/.*#/\\$defs/${name}$`)),
    ...shape,
  });
const dataset = {
  namespace: z.string().min(1),
  name: z.string().min(1),
  facets: z.strictObject({
    version: facet('DatasetVersionDatasetFacet', { datasetVersion: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
  }),
};
export const RUN_EVENT = z.strictObject({
  eventType: z.enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']),
  eventTime: MOMENT,
  run: z.strictObject({
    runId: z.uuid(),
    facets: z.strictObject({
      processing_engine: facet('ProcessingEngineRunFacet', { name: z.string(), version: z.string() }),
      assay_execution: facet('RunFacet', {
        actionKey: z.string(),
        attempt: z.int(),
        params: z.record(z.string(), z.json()),
      }),
    }),
  }),
  job: z.strictObject({
    namespace: z.string().min(1),
    name: z.string().min(1),
    facets: z.strictObject({
      jobType: facet('JobTypeJobFacet', {
        processingType: z.enum(['BATCH', 'STREAMING', 'SERVICE']),
        integration: z.string(),
        jobType: z.string(),
      }),
    }),
  }),
  inputs: z.array(z.strictObject(dataset)),
  outputs: z.array(
    z.strictObject({
      ...dataset,
      outputFacets: z
        .strictObject({
          outputStatistics: facet('OutputStatisticsOutputDatasetFacet', { size: z.int(), fileCount: z.int() }),
        })
        .optional(),
    }),
  ),
  producer: z.url(),
  schemaURL: z.literal('https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent'),
});

// Croissant 1.1, sections "Dataset-level Information", "Resources" and "RecordSets".
const REFERENCE = z.strictObject({ '@id': z.string() });
const FIELD = z.strictObject({
  '@type': z.literal('cr:Field'),
  '@id': z.string().regex(/^\w+\/\w+$/),
  name: z.string(),
  description: z.string().optional(),
  dataType: z.union([z.string(), z.array(z.string())]),
  references: z.strictObject({ field: REFERENCE }).optional(),
  source: z.strictObject({ fileObject: REFERENCE, extract: z.strictObject({ column: z.string() }) }).optional(),
});
export const CROISSANT = z.strictObject({
  '@context': z.looseObject({
    '@vocab': z.literal('https://schema.org/'),
    cr: z.literal('http://mlcommons.org/croissant/'),
  }),
  '@type': z.literal('sc:Dataset'),
  conformsTo: z.literal('http://mlcommons.org/croissant/1.1'),
  name: z.string().min(1),
  alternateName: z.string(),
  description: z.string(),
  identifier: z.string(),
  isLiveDataset: z.literal(false),
  dateCreated: MOMENT.optional(),
  distribution: z
    .array(
      z.strictObject({
        '@type': z.literal('cr:FileObject'),
        '@id': z.string(),
        name: z.string(),
        contentUrl: z.string(),
        contentSize: z.string().regex(/^\d+ B$/),
        encodingFormat: z.string().regex(/^\w+\/[\w-]+$/),
        sha256: SHA256,
      }),
    )
    .min(1),
  recordSet: z
    .array(
      z.strictObject({
        '@type': z.literal('cr:RecordSet'),
        '@id': z.string(),
        name: z.string(),
        dataType: z.string().optional(),
        key: z.union([REFERENCE, z.array(REFERENCE)]),
        field: z.array(FIELD).min(1),
        data: z.array(z.record(z.string(), z.json())).optional(),
      }),
    )
    .optional(),
  'prov:wasDerivedFrom': z.array(z.strictObject({ '@id': z.string().regex(/^urn:sha256:[0-9a-f]{64}$/) })).optional(),
  'prov:wasGeneratedBy': z
    .looseObject({
      '@type': z.literal('prov:Activity'),
      'prov:startedAtTime': MOMENT,
      'prov:endedAtTime': MOMENT,
    })
    .optional(),
});
