/**
 * OpenLineage RunEvents (openlineage.io/spec/2-0-2): for every execution that an artifact descends from one START and one COMPLETE, as
 * the specification asks. Whatever failed made nothing, so no artifact descends from it.
 */
import type { JsonObject } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/digest.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import type { ExecutionFacts } from '../statement.ts';
import { endOf, moment, type Ancestor, type Descent } from './descent.ts';
import { executionUuid, PRODUCER } from './identifiers.ts';

const SPEC = 'https://openlineage.io/spec';
/** Jobs and datasets of one pipeline share it; what tells them apart beyond it are their digests. */
const NAMESPACE = 'assay';

/** In the order in which the executions were recorded. */
export function openLineageEvents(descent: Descent, lineage: Pick<Lineage, 'findArtifact'>): JsonObject[] {
  const ancestors = new Map(descent.artifacts.map((artifact) => [artifact.digest, artifact]));
  return descent.executions.flatMap((facts) => {
    const inputs = inputDatasets(facts, ancestors);
    const common = {
      run: run(facts),
      job: job(facts),
      producer: PRODUCER,
      schemaURL: url('2-0-2/OpenLineage.json#/$defs/RunEvent'),
    };
    return [
      { ...common, eventType: 'START', eventTime: moment(facts.execution.startedAtMs), inputs, outputs: [] },
      { ...common, eventType: 'COMPLETE', eventTime: endOf(facts), inputs, outputs: outputDatasets(facts, lineage) },
    ];
  });
}

function run(facts: ExecutionFacts): JsonObject {
  const { execution, params } = facts;
  return {
    runId: executionUuid(execution),
    facets: {
      processing_engine: {
        ...facet('facets/1-1-1/ProcessingEngineRunFacet.json#/$defs/ProcessingEngineRunFacet'),
        name: 'assay',
        version: facts.run.assayVersion,
      },
      // A facet of our own: the specification has consumers pass over what they do not know.
      assay_execution: {
        ...facet('2-0-2/OpenLineage.json#/$defs/RunFacet'),
        actionKey: execution.key,
        attempt: execution.attempt,
        params: Object.fromEntries(params.map(({ name, value }) => [name, value])),
      },
    },
  };
}

function job({ execution }: ExecutionFacts): JsonObject {
  const jobType = facet('facets/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet');
  return {
    namespace: NAMESPACE,
    name: execution.instance,
    facets: { jobType: { ...jobType, processingType: 'BATCH', integration: 'ASSAY', jobType: 'STAGE' } },
  };
}

function inputDatasets(facts: ExecutionFacts, ancestors: ReadonlyMap<Digest, Ancestor>): JsonObject[] {
  const datasets = new Map<string, JsonObject>();
  for (const { artifact, path } of facts.inputs) {
    const name = path === null ? nameBefore(ancestors.get(artifact), facts.execution.id) : `./${path}`;
    // Under two names of one stage it is still one dataset of this run.
    datasets.set(name ?? artifact, dataset(name ?? artifact, artifact));
  }
  return [...datasets.values()];
}

/** As the latest execution before this one called it: the row of an input holds only the digest. */
function nameBefore(ancestor: Ancestor | undefined, executionId: number): string | undefined {
  const maker = ancestor?.madeBy.filter((made) => made.executionId < executionId).at(-1);
  return maker === undefined ? ancestor?.name : `${maker.instance}.${maker.output}`;
}

function outputDatasets({ execution }: ExecutionFacts, lineage: Pick<Lineage, 'findArtifact'>): JsonObject[] {
  return execution.outputs.map(({ name, artifact }) => {
    const known = lineage.findArtifact(artifact);
    return {
      ...dataset(`${execution.instance}.${name}`, artifact),
      ...(known === undefined
        ? {}
        : {
            outputFacets: {
              outputStatistics: {
                ...facet(
                  'facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet',
                ),
                size: known.sizeBytes,
                fileCount: known.fileCount,
              },
            },
          }),
    };
  });
}

function dataset(name: string, artifact: Digest): JsonObject {
  const version = facet('facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet');
  return { namespace: NAMESPACE, name, facets: { version: { ...version, datasetVersion: artifact } } };
}

function facet(schema: string): JsonObject {
  return { _producer: PRODUCER, _schemaURL: url(schema) };
}

function url(path: string): string {
  return `${SPEC}/${path}`;
}
