/** Each detector on poison that it must see, and on poison that it cannot. */
import { beforeAll, describe, expect, test } from 'vitest';
import { startCompute } from '../../../lib/compute/start.ts';
import { activationClusters, spectralSignatures } from '../../../stages/common/detectors/class-structure.ts';
import { centred, leadingDirections } from '../../../stages/common/detectors/directions.ts';
import { nearDuplicates, otherLabels } from '../../../stages/common/detectors/label-votes.ts';
import { nearestNeighbours } from '../../../stages/common/detectors/neighbours.ts';
import { ratesOf } from '../../../stages/common/detectors/rates.ts';
import { inspect } from '../../../stages/common/detectors/inspect.ts';
import { initialiseModel } from '../../../stages/common/models.ts';
import { makeGlyphs } from '../../../stages/common/glyphs/glyphs.ts';
import { stream } from '../../../stages/common/rng.ts';

beforeAll(() => startCompute({ backend: 'wasm', version: '4.22.0', threads: 1 }));

const WIDTH = 12;

/** Two labels, each a cloud around its own place; the last `poison` records of label 0 lie elsewhere. */
function cloud(poison: number): { labels: Uint8Array; features: Float32Array; isPoison: boolean[] } {
  const rng = stream(3, 'cloud');
  const count = 120;
  const labels = Uint8Array.from({ length: count }, (_, i) => (i < 60 ? 0 : 1));
  const isPoison = Array.from({ length: count }, (_, i) => i >= 60 - poison && i < 60);
  const features = new Float32Array(count * WIDTH);
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < WIDTH; axis++) {
      const centre = axis === labels[i] ? 5 : axis === 7 && isPoison[i] ? 4 : 0;
      // Far from the origin: only centred features show what differs.
      features[i * WIDTH + axis] = 20 + centre + 0.5 * rng.normal();
    }
  }
  return { labels, features, isPoison };
}

describe('nearest neighbours', () => {
  test('as by comparing all with all, over several batches', async () => {
    const rng = stream(1, 'points');
    const [count, width] = [260, 3];
    const points = Float32Array.from({ length: count * width }, () => rng.uniform());
    const { k, indexes, distances } = await nearestNeighbours(points, count, 4);
    expect(k).toBe(4);
    for (const query of [0, 13, 249, 250, 259]) {
      const all = Array.from({ length: count }, (_, other) => ({
        other,
        distance: Math.hypot(
          ...Array.from({ length: width }, (_, i) => points[query * width + i]! - points[other * width + i]!),
        ),
      })).filter(({ other }) => other !== query);
      all.sort((a, b) => a.distance - b.distance || a.other - b.other);
      expect([...indexes.subarray(query * 4, query * 4 + 4)]).toEqual(all.slice(0, 4).map(({ other }) => other));
      all.slice(0, 4).forEach(({ distance }, i) => expect(distances[query * 4 + i]).toBeCloseTo(distance, 12));
    }
  });

  test('an exact copy is at distance 0, and no more neighbours than there are', async () => {
    const { k, indexes, distances } = await nearestNeighbours(Float32Array.of(1, 2, 1, 2, 7, 7), 3, 10);
    expect(k).toBe(2);
    expect([indexes[0], distances[0], indexes[2], distances[2]]).toEqual([1, 0, 0, 0]);
  });
});

describe('votes of the neighbours', () => {
  test('of two near duplicates the one with the strange label is the suspect', async () => {
    // Five zeros around 0, five ones around 10, and a record near the zeros that is called 1.
    const points = Float32Array.of(0, 0.5, 1.1, 1.8, 2.6, 10, 10.5, 11.1, 11.8, 12.6, 0.52);
    const labels = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
    const neighbours = await nearestNeighbours(points, 11, 3);
    const scores = nearDuplicates(labels, neighbours);
    expect(Math.max(...scores)).toBe(scores[10]);
    expect(scores[1]).toBeGreaterThan(0);
    expect(scores[10]! / scores[1]!).toBeGreaterThan(2);
    expect([...scores.subarray(5, 10)]).toEqual([0, 0, 0, 0, 0]);
    expect(otherLabels(labels, neighbours)[10]).toBe(1);
  });
});

describe('two kinds under one label', () => {
  test('directions: the first is that of the largest variance, and they are orthonormal', () => {
    const rng = stream(2, 'directions');
    const rows = Float32Array.from({ length: 300 * 3 }, (_, i) => rng.normal() * [1, 5, 2][i % 3]! + 100);
    const members = Array.from({ length: 300 }, (_, i) => i);
    const directions = leadingDirections(centred(rows, 3, members), 3, 3);
    expect(Math.abs(directions[0]![1]!)).toBeGreaterThan(0.99);
    expect(Math.abs(directions[1]![2]!)).toBeGreaterThan(0.98);
    const dot = directions[0]!.reduce((sum, value, i) => sum + value * directions[1]![i]!, 0);
    expect(Math.abs(dot)).toBeLessThan(1e-9);
  });

  test.each([
    ['spectral signatures', spectralSignatures],
    ['activation clusters', activationClusters],
  ] as const)('%s see records that lie elsewhere', (_name, detector) => {
    const { labels, features, isPoison } = cloud(12);
    const scores = detector(labels, { width: WIDTH, features, losses: new Float64Array(labels.length) });
    expect(ratesOf(scores, isPoison)!.auroc).toBeGreaterThan(0.95);
  });

  test.each([
    ['spectral signatures', spectralSignatures],
    ['activation clusters', activationClusters],
  ] as const)('%s give numbers where all features are equal, or no numbers', (_name, detector) => {
    for (const value of [3, NaN]) {
      const inspection = { width: 2, features: new Float32Array(8).fill(value), losses: new Float64Array(4) };
      expect(Array.from(detector(Uint8Array.of(0, 0, 1, 1), inspection)).every(Number.isFinite)).toBe(true);
    }
  });
});

test('the loss is that of the label, and features are as wide as the last hidden layer', async () => {
  const records = makeGlyphs(1, 'train', 10);
  const model = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);
  const seen = await inspect(model, records);
  expect([seen.width, seen.features.length, seen.losses.length]).toEqual([200, 10 * 200, 10]);
  // An untrained model knows nothing: about ln 10 nats.
  const mean = seen.losses.reduce((a, b) => a + b, 0) / 10;
  expect(Math.abs(mean - Math.log(10))).toBeLessThan(0.3);
  const broken = { ...model, weights: model.weights.map((array) => array.map(() => NaN)) };
  expect((await inspect(broken, records)).losses.every((loss) => loss === Infinity)).toBe(true);
});
