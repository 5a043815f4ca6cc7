/** Models of Table A1 on a few hundred glyphs: small enough to train in a test, good enough to attack. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCompute } from '../../../lib/compute/start.ts';
import type { Split } from '../../../lib/dataset/split.ts';
import { makeGlyphs } from '../../../stages/common/glyphs/glyphs.ts';
import { initialiseModel, type Model } from '../../../stages/common/models.ts';
import { train } from '../../../stages/common/training.ts';

export const RECORDS = makeGlyphs(1, 'train', 300);
export const UNSEEN = makeGlyphs(1, 'test', 200);

export async function trainSmallModel(records: Split = RECORDS): Promise<Model> {
  await startCompute({ backend: 'onnx', version: 'any', threads: 2 });
  const fresh = initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 10 }, 1);
  const rate = { learningRate: 0.02, momentum: 0.9, nesterov: false, decayEvery: 3, decayFactor: 0.2 };
  return inFolder(async (folder) => {
    const options = { epochs: 4, steps: null, batchSize: 16, dropout: 0, ...rate };
    return (await train(fresh, records, 1, options, folder)).model;
  });
}

/** A folder for checkpoints, gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-baseline-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
