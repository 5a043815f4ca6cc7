/**
 * A dataset as Croissant 1.1 (mlcommons.org/croissant/1.1): its files with their sha256, its records through the table that
 * record-table.ts writes, and what it was derived from. Croissant knows no hash of a record, so each record's is a column.
 */
import type { Json, JsonObject } from '../../base/canonical-json.ts';
import { digestBytes, digestHex, type Digest } from '../../base/digest.ts';
import { SPLIT_NAMES, type Dataset } from '../../dataset/dataset.ts';
import type { ManifestEntry } from '../../model/artifact.ts';
import type { ExecutionFacts } from '../statement.ts';
import { endOf, inputDigests, moment, type Descent } from './descent.ts';
import { artifactUrn, executionUuid, PRODUCER } from './identifiers.ts';

export const METADATA_FILE = 'croissant.json';
export const RECORDS_FILE = 'croissant-records.csv';

/** As the specification's appendix 1 has it, written the way the reference implementation compares it. */
const CONTEXT: JsonObject = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  arrayShape: 'cr:arrayShape',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  containedIn: 'cr:containedIn',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  description: { '@container': '@language' },
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isArray: 'cr:isArray',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  name: { '@container': '@language' },
  parentField: 'cr:parentField',
  path: 'cr:path',
  prov: 'http://www.w3.org/ns/prov#',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
};

export interface CroissantSource {
  readonly descent: Descent;
  readonly files: readonly ManifestEntry[];
  /** Null for a dataset whose records Assay cannot read: its files are listed all the same. */
  readonly records: { readonly dataset: Dataset; readonly table: Uint8Array } | null;
}

export function croissantMetadata({ descent, files, records }: CroissantSource): JsonObject {
  const { root, executions } = descent;
  const makers = executions.filter(({ execution }) =>
    execution.outputs.some(({ artifact }) => artifact === root.digest),
  );
  const parents = [...new Set(makers.flatMap(inputDigests))].filter((digest) => digest !== root.digest);
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.1',
    name: records === null ? root.name : records.dataset.name,
    alternateName: root.name,
    description: describe(descent, records?.dataset ?? null),
    identifier: artifactUrn(root.digest),
    isLiveDataset: false,
    distribution: [
      ...files.map(({ path, sizeBytes, blob }) => fileObject(path, sizeBytes, blob)),
      ...(records === null ? [] : [fileObject(RECORDS_FILE, records.table.length, digestBytes(records.table))]),
    ],
    ...(records === null ? {} : { recordSet: recordSets(records.dataset) }),
    ...(parents.length === 0
      ? {}
      : { 'prov:wasDerivedFrom': parents.map((digest) => ({ '@id': artifactUrn(digest) })) }),
    ...provenance(makers.at(-1)),
  };
}

function provenance(maker: ExecutionFacts | undefined): JsonObject {
  if (maker === undefined) return {};
  const { execution, run } = maker;
  return {
    dateCreated: endOf(maker),
    'prov:wasGeneratedBy': {
      '@id': `urn:uuid:${executionUuid(execution)}`,
      '@type': 'prov:Activity',
      'prov:label': execution.instance,
      'prov:startedAtTime': moment(execution.startedAtMs),
      'prov:endedAtTime': endOf(maker),
      'prov:wasAssociatedWith': {
        '@id': `${PRODUCER}#version-${run.assayVersion}`,
        '@type': 'prov:SoftwareAgent',
        'prov:label': `Assay ${run.assayVersion}`,
      },
    },
  };
}

function describe({ root }: Descent, dataset: Dataset | null): string {
  if (dataset === null) return `The artifact ${root.digest} (${root.name}) of an Assay pipeline.`;
  const counts = SPLIT_NAMES.flatMap((name) => {
    const split = dataset[name];
    return split === null ? [] : [`${split.count} ${name} records`];
  });
  return (
    `${counts.join(' and ')}: images of ${dataset.shape.join(' x ')} (height, width, channels) in ${dataset.classes.length} ` +
    `classes. The artifact ${root.digest} (${root.name}) of an Assay pipeline.`
  );
}

function fileObject(path: string, sizeBytes: number, digest: Digest): JsonObject {
  return {
    '@type': 'cr:FileObject',
    '@id': path,
    name: path,
    contentUrl: path,
    contentSize: `${sizeBytes} B`,
    encodingFormat: encodingOf(path),
    sha256: digestHex(digest),
  };
}

function encodingOf(path: string): string {
  if (path.endsWith('.json')) return 'application/json';
  return path.endsWith('.csv') ? 'text/csv' : 'application/octet-stream';
}

function recordSets(dataset: Dataset): Json[] {
  return [
    {
      '@type': 'cr:RecordSet',
      '@id': 'splits',
      name: 'splits',
      dataType: 'cr:Split',
      key: { '@id': 'splits/name' },
      field: [inline('splits/name', 'sc:Text'), inline('splits/url', 'sc:URL')],
      data: SPLIT_NAMES.filter((name) => dataset[name] !== null).map((name) => ({
        'splits/name': name,
        'splits/url': name === 'train' ? 'cr:TrainingSplit' : 'cr:TestSplit',
      })),
    },
    {
      '@type': 'cr:RecordSet',
      '@id': 'classes',
      name: 'classes',
      dataType: 'sc:Enumeration',
      key: { '@id': 'classes/label' },
      field: [inline('classes/label', 'sc:Integer'), inline('classes/name', 'sc:Text')],
      data: dataset.classes.map((name, label) => ({ 'classes/label': label, 'classes/name': name })),
    },
    {
      '@type': 'cr:RecordSet',
      '@id': 'records',
      name: 'records',
      key: [{ '@id': 'records/split' }, { '@id': 'records/index' }],
      field: [
        {
          ...column('split', 'sc:Text', 'Which part of the dataset.'),
          references: { field: { '@id': 'splits/name' } },
        },
        column('index', 'sc:Integer', 'The place of the record in its split, from 0.'),
        {
          ...column('label', ['sc:Integer', 'cr:Label'], 'The class.'),
          references: { field: { '@id': 'classes/label' } },
        },
        column('sha256', 'sc:Text', 'sha256(0x00 || "record/v1" || label byte || pixels): changes with either.'),
      ],
    },
  ];
}

function inline(id: string, dataType: string): JsonObject {
  return { '@type': 'cr:Field', '@id': id, name: id, dataType };
}

function column(name: string, dataType: Json, description: string): JsonObject {
  return {
    '@type': 'cr:Field',
    '@id': `records/${name}`,
    name: `records/${name}`,
    description,
    dataType,
    source: { fileObject: { '@id': RECORDS_FILE }, extract: { column: name } },
  };
}
