/**
 * How long a training step and an iteration of the attack take: Table A1, on the tensor backend that this machine would choose.
 *
 *     npx esbuild bench/training-step.ts --bundle --packages=external --platform=node --format=esm --outfile=artifacts/bench.mjs
 *     node artifacts/bench.mjs [batch size, default 128] [backend, default auto] [threads, default 2] [table-a1 or table-a3]
 */
import { systemClock } from '../lib/base/clock.ts';
import { chooseBackend, formatIdentity } from '../lib/compute/identify.ts';
import { startCompute, startLoop } from '../lib/compute/start.ts';
import { makeSplit } from '../lib/dataset/split.ts';
import { searchLoop } from '../stages/common/attack.ts';
import { classify } from '../stages/common/classify.ts';
import { initialiseModel, type ArchitectureName } from '../stages/common/models.ts';
import { allRecords, toArray } from '../stages/common/pixels.ts';
import { stream } from '../stages/common/rng.ts';
import { trainingLoop, trainStep } from '../stages/common/training.ts';

const REPETITIONS = 15;

const [size = '128', backend = 'auto', threads = '2', table = 'table-a1'] = process.argv.slice(2);
const batchSize = Number(size);
const architecture = table as ArchitectureName;
const choice = chooseBackend(backend, process.cwd(), Number(threads));
await startCompute({ backend: choice.name, version: choice.version, threads: choice.threads });

const rng = stream(1, 'bench');
const shape = architecture === 'table-a1' ? ([28, 28, 1] as const) : ([32, 32, 3] as const);
const pixels = Uint8Array.from({ length: batchSize * shape[0] * shape[1] * shape[2] }, () => rng.below(256));
const data = makeSplit(
  [...shape],
  pixels,
  Uint8Array.from({ length: batchSize }, (_, i) => i % 10),
);
const model = initialiseModel({ architecture, input: [...shape], classCount: 10 }, 1);
const indexes = Uint32Array.from(allRecords(data));

const still = model.weights.map((array) => new Float32Array(array.length));
const training = startLoop(trainingLoop(model, still, { momentum: 0.9, nesterov: false }));
const search = startLoop(searchLoop(model, { objective: 'margin-away', chosen: 7, kappa: 0 }));
const originals = toArray(data, indexes);
search.setState({ w: originals, first: originals, second: originals });
const batch = {
  originals,
  constants: { shape: [batchSize], data: new Float32Array(batchSize).fill(1) },
  rate: { shape: [], data: Float32Array.of(0.1) },
};

async function report(name: string, work: () => Promise<unknown>): Promise<void> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = systemClock.elapsedMs();
    await work();
    times.push(systemClock.elapsedMs() - start);
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(REPETITIONS / 2)] as number;
  console.log(`${name.padEnd(24)} ${median.toFixed(0).padStart(6)} ms (fastest ${(times[0] as number).toFixed(0)})`);
}

console.log(`${architecture}, ${formatIdentity(choice)}, batch ${batchSize}, median of ${REPETITIONS}`);
await report('training step', () => trainStep(training, model, data, indexes, 0.001, {}));
await report('iteration of the attack', () => search.run(batch));
await report('classification', () => classify(model, data));
console.log(`resident memory ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`);
