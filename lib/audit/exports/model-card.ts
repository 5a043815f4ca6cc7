/** The modelCard of a CycloneDX 1.6 component: what the model is, what it was trained on, how well it does. */
import type { JsonObject } from '../../base/canonical-json.ts';
import { compareUtf8 } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/digest.ts';
import type { Descent } from './descent.ts';
import { inputDigests } from './descent.ts';
import { artifactUrn } from './identifiers.ts';
import type { Measurement } from './performance.ts';
import type { ModelDescription } from './read-description.ts';

export function modelCard(
  descent: Descent,
  model: ModelDescription | null,
  measurements: readonly Measurement[],
): JsonObject {
  const datasets = trainingData(descent).map((digest) => ({ ref: artifactUrn(digest) }));
  return {
    modelParameters: { ...(model === null ? {} : parametersOf(model)), ...(datasets.length === 0 ? {} : { datasets }) },
    ...(measurements.length === 0 ? {} : { quantitativeAnalysis: { performanceMetrics: measurements.map(metric) } }),
  };
}

/** A model of the format assay-model/v1 tells images of named classes apart, and learnt that from labels. */
function parametersOf({ architecture, input, inputRange, classes, dtype, parameters }: ModelDescription): JsonObject {
  const isConvolutional = parameters.some(({ shape }) => shape.length === 4);
  return {
    approach: { type: 'supervised' },
    task: 'image classification',
    ...(isConvolutional ? { architectureFamily: 'convolutional neural network' } : {}),
    modelArchitecture: architecture,
    inputs: [{ format: `${dtype} [N, ${input.join(', ')}] in [${inputRange.join(', ')}]` }],
    outputs: [{ format: `${dtype} [N, ${classes.length}], logits of the classes ${classes.join(', ')}` }],
  };
}

/** The datasets that were read where this model, or a model that it was made from, was made. */
function trainingData({ artifacts, executions }: Descent): Digest[] {
  const kinds = new Map(artifacts.map(({ digest, kind }) => [digest, kind]));
  const trainings = executions.filter(({ execution }) =>
    execution.outputs.some(({ kind, artifact }) => kind === 'model' && kinds.has(artifact)),
  );
  const read = trainings.flatMap(inputDigests).filter((digest) => kinds.get(digest) === 'dataset');
  return [...new Set(read)].sort(compareUtf8);
}

function metric({ type, value, slice }: Measurement): JsonObject {
  return { type, value: String(value), ...(slice === null ? {} : { slice }) };
}
