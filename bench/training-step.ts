/**
 * How long a training step and an iteration of the attack take: Table A1, on the tensor backend that this machine would choose.
 *
 *     npx esbuild bench/training-step.ts --bundle --packages=external --platform=node --format=esm --outfile=artifacts/bench.mjs
 *     node artifacts/bench.mjs [batch size, default 128]
 */
import * as tf from '@tensorflow/tfjs-core';
import { systemClock } from '../lib/base/clock.ts';
import { chooseBackend, formatIdentity } from '../lib/compute/identify.ts';
import { startCompute } from '../lib/compute/start.ts';
import { objectiveAt } from '../stages/common/attack.ts';
import { computeLogits, initialiseModel, toTensors } from '../stages/common/models.ts';
import { applyMomentum } from '../stages/common/optimiser.ts';
import { toOneHot } from '../stages/common/pixels.ts';
import { stream } from '../stages/common/rng.ts';
import { crossEntropy } from '../stages/common/training.ts';

const REPETITIONS = 9;

const batchSize = Number(process.argv[2] ?? 128);
const choice = chooseBackend('auto', process.cwd());
await startCompute({ backend: choice.name, version: choice.version, threads: choice.threads });

const rng = stream(1, 'bench');
const model = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);
const parameters = toTensors(model);
const momenta = parameters.map((tensor) => tf.zerosLike(tensor));
const pixels = Float32Array.from({ length: batchSize * 784 }, () => rng.uniformIn(-0.5, 0.5));
const images = tf.tensor4d(pixels, [batchSize, 28, 28, 1]);
const targets = toOneHot(
  Array.from({ length: batchSize }, (_, i) => i % 10),
  10,
);

function trainStep(): void {
  const { value, grads } = tf.valueAndGrads((...now: tf.Tensor[]) =>
    crossEntropy(computeLogits('table-a1', now, images), targets),
  )(parameters);
  applyMomentum(parameters, momenta, grads, 0.01, { momentum: 0.9, nesterov: false });
  value.dataSync();
  tf.dispose([value, ...grads]);
}

function attackIteration(): void {
  const logitsOf = (x: tf.Tensor4D) => computeLogits('table-a1', parameters, x);
  const constants = new Float32Array(batchSize).fill(1);
  const now = objectiveAt(logitsOf, images, images, constants, { objective: 'margin-away', chosen: 7, kappa: 0 });
  tf.dispose([now.gradient, now.images]);
}

function classifyBatch(): void {
  tf.tidy(() => computeLogits('table-a1', parameters, images).dataSync());
}

function medianMs(work: () => void): string {
  work();
  const times = Array.from({ length: REPETITIONS }, () => {
    const start = systemClock.elapsedMs();
    work();
    return systemClock.elapsedMs() - start;
  }).sort((a, b) => a - b);
  return `${times[Math.floor(REPETITIONS / 2)]!.toFixed(0).padStart(6)} ms (fastest ${times[0]!.toFixed(0)})`;
}

const report = (name: string, work: () => void): void => console.log(`${name.padEnd(24)} ${medianMs(work)}`);
console.log(`${formatIdentity(choice)}, batch ${batchSize}, median of ${REPETITIONS}`);
report('training step', trainStep);
report('iteration of the attack', attackIteration);
report('forward pass', classifyBatch);
