import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { modelBom } from '../../../lib/audit/exports/cyclonedx.ts';
import { croissantFolder } from '../../../lib/audit/exports/croissant-folder.ts';
import { prettyJson, uuidOf } from '../../../lib/audit/exports/identifiers.ts';
import { openLineageEvents } from '../../../lib/audit/exports/open-lineage.ts';
import { provDocument } from '../../../lib/audit/exports/prov-json.ts';
import type { JsonObject } from '../../../lib/base/canonical-json.ts';
import { digestBytes, digestHex } from '../../../lib/base/digest.ts';
import { bomProblems } from './bom-schema.ts';
import { provProblems } from './prov-schema.ts';
import { makeExportRig, type ExportRig } from './rig.ts';
import { CROISSANT, PROV_JSON, RUN_EVENT } from './rules.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

const MODEL = 'retrain[variant=V1].model';
const DATA = 'merge[variant=V1].data';

const rig = makeExportRig();
const sameAgain = makeExportRig();

const urn = (rig: ExportRig, name: string): string => `urn:sha256:${digestHex(rig.artifacts[name]!.digest)}`;
const bomOf = (rig: ExportRig, name = MODEL): any => modelBom(rig.descentOf(name), rig.lineage, rig.store);
const provOf = (rig: ExportRig): any => provDocument(rig.descentOf('evaluate[variant=V1].metrics'));
const eventsOf = (rig: ExportRig): any[] => openLineageEvents(rig.descentOf(MODEL), rig.lineage);
const croissantOf = (rig: ExportRig): any => {
  const bytes = croissantFolder(rig.descentOf(DATA), rig.store)['croissant.json'];
  return JSON.parse(Buffer.from(bytes!).toString('utf8'));
};

function problems(schema: z.ZodType, value: unknown): string[] {
  return (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** The value with one thing changed. */
function spoilt(value: JsonObject, spoil: (copy: any) => void): unknown {
  const copy: unknown = structuredClone(value);
  spoil(copy);
  return copy;
}

describe('a CycloneDX 1.6 bill of materials', () => {
  it('holds to the official schema, and every reference in it leads somewhere', () => {
    expect(bomProblems(bomOf(rig))).toEqual([]);
    expect(bomProblems(bomOf(rig, 'pretrain.model'))).toEqual([]);
  });

  it.each<[string, (bom: any) => void]>([
    ['a missing bomFormat', (bom) => delete bom.bomFormat],
    ['a hash with a digit that is none', (bom) => (bom.components[0].hashes[0].content = `x${'0'.repeat(63)}`)],
    [
      'a metric that is a number',
      (bom) => (bom.metadata.component.modelCard.quantitativeAnalysis.performanceMetrics[0].value = 1),
    ],
    ['an unknown task type', (bom) => (bom.formulation[0].workflows[0].taskTypes = ['train'])],
    ['a workflow without a uid', (bom) => delete bom.formulation[0].workflows[0].uid],
    ['a field that does not belong', (bom) => (bom.metadata.component.sha256 = 'x')],
    [
      'a dependency on nothing',
      (bom) =>
        bom.dependencies.at(-1).dependsOn?.push('urn:sha256:0') ??
        (bom.dependencies.at(-1).dependsOn = ['urn:sha256:0']),
    ],
  ])('fails with %s', (_, spoil) => {
    expect(bomProblems(spoilt(bomOf(rig), spoil))).not.toEqual([]);
  });

  it('says what the model is, what it was trained on, and what evaluations measured of it alone', () => {
    const { modelCard, properties, type, components } = bomOf(rig).metadata.component;
    expect(type).toBe('machine-learning-model');
    expect(components.map(({ name }: { name: string }) => name)).toEqual(['model.json', 'weights.bin']);
    expect(components[1].hashes).toEqual([{ alg: 'SHA-256', content: digestHex(digestBytes('after')) }]);
    expect(modelCard.modelParameters).toEqual({
      approach: { type: 'supervised' },
      task: 'image classification',
      architectureFamily: 'convolutional neural network',
      modelArchitecture: 'table-a1',
      inputs: [{ format: 'float32 [N, 28, 28, 1] in [-0.5, 0.5]' }],
      outputs: [{ format: 'float32 [N, 2], logits of the classes zero, one' }],
      // Of pretrain too: the model was trained further from that one.
      datasets: [urn(rig, 'fetch.data'), urn(rig, DATA)].sort().map((ref) => ({ ref })),
    });
    expect(modelCard.quantitativeAnalysis.performanceMetrics).toEqual([
      { type: 'accuracy', value: '1', slice: 'poison' },
      { type: 'others', value: '0.75' },
      { type: 'recall', value: '0.125', slice: 'class=1' },
      { type: 'accuracy', value: '0.25', slice: 'test' },
    ]);
    expect(properties).toEqual([
      { name: 'assay:evaluation', value: rig.artifacts['evaluate[variant=V1].metrics']!.digest },
    ]);
  });

  it('takes of the stage that made a model only what measures it', () => {
    const { modelCard } = bomOf(rig, 'pretrain.model').metadata.component;
    expect(modelCard.quantitativeAnalysis.performanceMetrics).toEqual([
      { type: 'accuracy', value: '0.5', slice: 'test' },
    ]);
  });

  it('counts the records of each class of the data, and says who rests on whom', () => {
    const bom = bomOf(rig);
    const merged = bom.components.find((component: any) => component.name === DATA);
    expect(merged.type).toBe('data');
    const counts = Object.fromEntries(merged.data[0].contents.properties.map(({ name, value }: any) => [name, value]));
    expect(counts).toMatchObject({
      'assay:train.count': '4',
      'assay:train.count.class=0': '1',
      'assay:train.count.class=1': '3',
      'assay:test.count': '2',
    });
    expect(bom.dependencies).toContainEqual({
      ref: urn(rig, MODEL),
      dependsOn: [urn(rig, DATA), urn(rig, 'pretrain.model')].sort(),
    });
    expect(bom.dependencies).toContainEqual({ ref: urn(rig, './notes.txt') });
    expect(bom.formulation[0].workflows.map(({ name, uid }: any) => [name, uid.length])).toEqual(
      ['fetch', 'pretrain', 'merge[variant=V1]', 'retrain[variant=V1]'].map((name) => [name, 'sha256:'.length + 64]),
    );
  });

  it('has another serial number when it says something else', () => {
    expect(bomOf(rig).serialNumber).not.toBe(bomOf(rig, 'pretrain.model').serialNumber);
  });
});

describe('a PROV-JSON document', () => {
  it("is valid by the submission's schema, which refuses a spoilt one", () => {
    expect(provProblems(provOf(rig))).toEqual([]);
    const spoils: ((document: any) => void)[] = [
      (document) => (document.wasMadeFrom = {}),
      (document) => (document.entity = []),
      (document) => (document.prefix.assay = 'no address'),
      (document) => (document.used['_:used1']['prov:time'] = 'yesterday'),
      (document) => (document.used['_:used1']['prov:entity'] = 7),
    ];
    for (const spoil of spoils) expect(provProblems(spoilt(provOf(rig), spoil)), String(spoil)).not.toEqual([]);
  });

  it('holds to the rules of the specification', () => {
    expect(problems(PROV_JSON, provOf(rig))).toEqual([]);
  });

  it.each<[string, (document: any) => void]>([
    ['a name without a declared prefix', (document) => (document.used['_:used1']['prov:entity'] = 'other:1')],
    ['a use of nothing', (document) => delete document.used['_:used1']['prov:entity']],
    ['an activity without an end', (document) => delete (Object.values(document.activity)[0] as any)['prov:endTime']],
    ['a relation it does not know', (document) => (document.wasMadeFrom = {})],
  ])('fails with %s', (_, spoil) => {
    expect(problems(PROV_JSON, spoilt(provOf(rig), spoil))).not.toEqual([]);
  });

  it('relates every artifact, execution and input; names all that it relates; tells nothing of user and host', () => {
    const document = provOf(rig);
    const sizes = Object.fromEntries(
      Object.entries(document).map(([name, of]) => [name, Object.keys(of as object).length]),
    );
    expect(sizes).toEqual({
      prefix: 3,
      entity: 6 + 5, // and a plan for each execution
      activity: 5,
      agent: 1,
      used: 1 + 1 + 1 + 2 + 3,
      wasGeneratedBy: 5, // not pretrain's metrics, which lead nowhere from here
      wasDerivedFrom: 1 + 1 + 1 + 2 + 3,
      wasAssociatedWith: 5,
    });
    const named = new Set(['entity', 'activity', 'agent'].flatMap((kind) => Object.keys(document[kind])));
    const related = ['used', 'wasGeneratedBy', 'wasDerivedFrom', 'wasAssociatedWith'].flatMap((kind) =>
      Object.values(document[kind]).flatMap((relation: any) =>
        Object.entries(relation).flatMap(([key, value]) => (/time$|role$/.test(key) ? [] : [value])),
      ),
    );
    expect(related.filter((name) => !named.has(name as string))).toEqual([]);
    expect(JSON.stringify(document)).not.toMatch(/secret-host|"ada"/);
  });
});

describe('OpenLineage events', () => {
  it('hold to the rules of the specification: a START and a COMPLETE for each execution', () => {
    const events = eventsOf(rig);
    expect(events.flatMap((event) => problems(RUN_EVENT, event))).toEqual([]);
    expect(events.map(({ eventType, job, eventTime }) => `${eventTime} ${job.name} ${eventType}`)).toEqual([
      '2023-11-14T22:13:21.000Z fetch START',
      '2023-11-14T22:13:21.500Z fetch COMPLETE',
      '2023-11-14T22:13:22.500Z pretrain START',
      '2023-11-14T22:13:23.000Z pretrain COMPLETE',
      '2023-11-14T22:13:24.000Z merge[variant=V1] START',
      '2023-11-14T22:13:24.500Z merge[variant=V1] COMPLETE',
      '2023-11-14T22:13:25.500Z retrain[variant=V1] START',
      '2023-11-14T22:13:26.000Z retrain[variant=V1] COMPLETE',
    ]);
    expect(new Set(events.map(({ run }) => run.runId)).size).toBe(4);
  });

  it('name what is read as what wrote it named it, with the artifact as its version', () => {
    const events = eventsOf(rig);
    const read = (index: number): unknown =>
      events[index].inputs.map(({ name, facets }: any) => [name, facets.version.datasetVersion]);
    expect(read(0)).toEqual([['./notes.txt', rig.artifacts['./notes.txt']!.digest]]);
    expect(read(6)).toEqual([DATA, 'pretrain.model'].map((name) => [name, rig.artifacts[name]!.digest]));
    expect(events[3].outputs.map(({ name }: any) => name)).toEqual(['pretrain.metrics', 'pretrain.model']);
  });

  it.each<[string, (event: any) => void]>([
    ['no time', (event) => delete event.eventTime],
    ['a run that is no UUID', (event) => (event.run.runId = '12')],
    ['a state that is none', (event) => (event.eventType = 'DONE')],
    ['a facet without its schema', (event) => delete event.inputs[0].facets.version._schemaURL],
  ])('fail with %s', (_, spoil) => {
    expect(problems(RUN_EVENT, spoilt(eventsOf(rig)[0], spoil))).not.toEqual([]);
  });
});

describe('a Croissant', () => {
  it('holds to the rules of the specification, and describes each file, the table of records and the parents', () => {
    const croissant = croissantOf(rig);
    expect(problems(CROISSANT, croissant)).toEqual([]);
    expect(croissant.distribution.map((file: any) => file['@id'])).toEqual([
      'dataset.json',
      'test-images.idx',
      'test-labels.idx',
      'train-images.idx',
      'train-labels.idx',
      'croissant-records.csv',
    ]);
    expect(croissant['prov:wasDerivedFrom']).toEqual([{ '@id': urn(rig, 'fetch.data') }]);
    expect(croissant.recordSet[2].field[2]).toMatchObject({
      '@id': 'records/label',
      dataType: ['sc:Integer', 'cr:Label'],
      source: { fileObject: { '@id': 'croissant-records.csv' }, extract: { column: 'label' } },
    });
  });

  it.each<[string, (croissant: any) => void]>([
    ['an address as a sha256', (croissant) => (croissant.distribution[0].sha256 = 'https://example.org/digest')],
    ['a file without an address', (croissant) => delete croissant.distribution[0].contentUrl],
    ['another version', (croissant) => (croissant.conformsTo = 'http://mlcommons.org/croissant/1.0')],
    ['a parent that is no artifact', (croissant) => (croissant['prov:wasDerivedFrom'][0]['@id'] = 'mnist')],
  ])('fails with %s', (_, spoil) => {
    expect(problems(CROISSANT, spoilt(croissantOf(rig), spoil))).not.toEqual([]);
  });

  it('has a line for each record, whose digest is sha256(0x00 || "record/v1" || label || pixels)', () => {
    const { 'croissant-records.csv': table, 'croissant.json': metadata } = croissantFolder(
      rig.descentOf(DATA),
      rig.store,
    );
    const digest = digestHex(digestBytes(Buffer.concat([Buffer.from('\0record/v1', 'latin1'), Buffer.from([1, 99])])));
    const lines = Buffer.from(table!).toString('utf8').split('\n');
    expect(lines).toHaveLength(1 + 4 + 2 + 1);
    expect([lines[0], lines[4]]).toEqual(['split,index,label,sha256', `train,3,1,${digest}`]);
    expect(JSON.parse(Buffer.from(metadata!).toString('utf8')).distribution.at(-1).sha256).toBe(
      digestHex(digestBytes(table!)),
    );
  });
});

describe('every export', () => {
  it('is the same bytes each time, from the same rows', () => {
    const bytes = (rig: ExportRig): string[] => [
      prettyJson(bomOf(rig)),
      prettyJson(provOf(rig)),
      prettyJson(eventsOf(rig)),
      prettyJson(croissantOf(rig)),
    ];
    expect(bytes(rig)).toEqual(bytes(rig));
    // Another database with the same history says the same.
    expect(bytes(sameAgain)).toEqual(bytes(rig));
  });

  it('names an execution by a UUID of version 8', () => {
    expect(uuidOf(digestBytes(''))).toBe('e3b0c442-98fc-8c14-9afb-f4c8996fb924');
  });
});
