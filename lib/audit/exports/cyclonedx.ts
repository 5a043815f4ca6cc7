/**
 * A model as a CycloneDX 1.6 bill of materials (ECMA-424, ML-BOM): the model with its card, all that it was made from as components,
 * who rests on whom, and every stage that led to it as a workflow.
 */
import { canonicalJson, compareUtf8, type JsonObject } from '../../base/canonical-json.ts';
import { digestBytes, digestHex, type Digest } from '../../base/digest.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import type { ExecutionFacts } from '../statement.ts';
import { endOf, inputDigests, inputRole, moment, type Ancestor, type Descent } from './descent.ts';
import { artifactUrn, uuidOf } from './identifiers.ts';
import { modelCard } from './model-card.ts';
import { measurementsOf } from './performance.ts';
import { readDatasetDescription, readModelDescription, type ArtifactReader } from './read-description.ts';

interface Property {
  readonly [key: string]: string;
}

export function modelBom(descent: Descent, lineage: Lineage, store: ArtifactReader): JsonObject {
  const { root, artifacts } = descent;
  const measurements = measurementsOf(lineage, root.digest);
  const evaluations = [...new Set(measurements.map(({ evaluation }) => evaluation))].sort(compareUtf8);
  const maker = descent.executions.filter((facts) => makes(facts, root.digest)).at(-1);
  const bom: JsonObject = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(maker === undefined ? {} : { timestamp: endOf(maker), tools: tool(maker.run.assayVersion) }),
      component: {
        ...component(root, store),
        modelCard: modelCard(descent, readModelDescription(store, root.digest), measurements),
        properties: evaluations.map((evaluation) => ({ name: 'assay:evaluation', value: evaluation })),
      },
    },
    components: artifacts.filter((artifact) => artifact !== root).map((artifact) => component(artifact, store)),
    dependencies: artifacts.map((artifact) => dependency(artifact, descent)),
    formulation: [{ 'bom-ref': 'formulation', workflows: workflows(descent) }],
  };
  // A bill that says something else has another serial number; the same bill has the same one, whoever writes it and when.
  return { ...bom, serialNumber: `urn:uuid:${uuidOf(digestBytes(canonicalJson(bom)))}` };
}

/** Its hash is that of the one file, or of the manifest, which is the sorted list of its files and theirs. */
function component({ digest, name, kind }: Ancestor, store: ArtifactReader): JsonObject {
  const manifest = store.has(digest) ? store.readManifest(digest) : null;
  const [only] = manifest?.form === 'file' ? manifest.entries : [];
  const files = manifest?.form === 'directory' ? manifest.entries : [];
  return {
    'bom-ref': artifactUrn(digest),
    type: kind === 'model' ? 'machine-learning-model' : kind === 'dataset' ? 'data' : 'file',
    name,
    version: digest,
    hashes: sha256(only?.blob ?? digest),
    ...(kind === 'dataset' ? { data: [datasetContents(digest, name, store)] } : {}),
    ...(files.length === 0
      ? {}
      : { components: files.map(({ path, blob }) => ({ type: 'file', name: path, hashes: sha256(blob) })) }),
  };
}

function datasetContents(digest: Digest, name: string, store: ArtifactReader): JsonObject {
  const info = readDatasetDescription(store, digest);
  if (info === null) return { type: 'dataset', name };
  const properties = (['train', 'test'] as const).flatMap((split): Property[] => {
    const count = info.counts[split];
    if (count === null) return [];
    return [
      { name: `assay:${split}.count`, value: String(count) },
      ...(info.perClass[split] ?? []).map((of, label) => ({
        name: `assay:${split}.count.class=${label}`,
        value: String(of),
      })),
      { name: `assay:${split}.recordsRoot`, value: info.recordsRoot[split] ?? '' },
    ];
  });
  return { type: 'dataset', name: info.name, contents: { properties } };
}

function dependency({ digest }: Ancestor, { executions }: Descent): JsonObject {
  const inputs = executions.filter((facts) => makes(facts, digest)).flatMap(inputDigests);
  // A stage may return what it read.
  const dependsOn = [...new Set(inputs)].filter((input) => input !== digest).sort(compareUtf8);
  return { ref: artifactUrn(digest), ...(dependsOn.length === 0 ? {} : { dependsOn: dependsOn.map(artifactUrn) }) };
}

/** One an action, by its latest execution. */
function workflows({ artifacts, executions }: Descent): JsonObject[] {
  const isComponent = new Set(artifacts.map(({ digest }) => digest));
  const latest = new Map(executions.map((facts) => [facts.execution.key, facts]));
  return [...latest.values()].map((facts) => {
    const { execution, params } = facts;
    const outputs = execution.outputs.filter(({ artifact }) => isComponent.has(artifact));
    return {
      'bom-ref': artifactUrn(execution.key),
      uid: execution.key,
      name: execution.instance,
      taskTypes: [execution.outputs.every(({ kind }) => kind === 'metrics') ? 'test' : 'build'],
      timeStart: moment(execution.startedAtMs),
      timeEnd: endOf(facts),
      inputs: [
        ...facts.inputs.map((input) => ({
          resource: { ref: artifactUrn(input.artifact) },
          properties: [{ name: 'assay:input', value: inputRole(input) }],
        })),
        ...(params.length === 0 ? [] : [{ parameters: params.map(parameter) }]),
      ],
      outputs: outputs.map(({ name, artifact }) => ({
        type: 'artifact',
        resource: { ref: artifactUrn(artifact) },
        properties: [{ name: 'assay:output', value: name }],
      })),
      properties: Object.entries(execution.action.runtime).map(([name, value]) => ({
        name: `assay:runtime.${name}`,
        value: value ?? 'none',
      })),
    };
  });
}

function parameter({ name, value }: ExecutionFacts['params'][number]): JsonObject {
  return { name, value: typeof value === 'string' ? value : JSON.stringify(value) };
}

function makes({ execution }: ExecutionFacts, artifact: Digest): boolean {
  return execution.outputs.some((output) => output.artifact === artifact);
}

function tool(version: string): JsonObject {
  return { components: [{ type: 'application', name: 'assay', version }] };
}

function sha256(digest: Digest): JsonObject[] {
  return [{ alg: 'SHA-256', content: digestHex(digest) }];
}
