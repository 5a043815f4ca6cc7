import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatError } from '../../lib/stage-api/stage-error.ts';
import { loadCheckpoint, saveCheckpoint } from '../../stages/common/checkpoint.ts';
import { encodeFloats, readModel, writeModel } from '../../stages/common/model-file.ts';
import { initialiseModel } from '../../stages/common/models.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-model-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const MODEL = {
  ...initialiseModel({ architecture: 'table-a1', input: [28, 28, 1], classCount: 3 }, 1),
  classes: ['a', 'b', 'c'],
};

function faultOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return formatError(error).replaceAll(folder, '<folder>');
  }
  return 'nothing was thrown';
}

function edit(change: (description: Record<string, unknown>) => object): void {
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));
}

test('a model comes back bit for bit, and its weights are little-endian float32 in order', () => {
  writeModel(folder, MODEL);
  expect(readModel(folder)).toEqual(MODEL);
  const bytes = readFileSync(join(folder, 'weights.bin'));
  expect(bytes.readFloatLE(0)).toBe(MODEL.weights[0]![0]);
  expect([...encodeFloats([Float32Array.of(1, -2)])]).toEqual([0, 0, 128, 63, 0, 0, 0, 192]);
});

test('files that do not agree with each other are told, each with what was found', () => {
  expect(faultOf(() => readModel(folder))).toMatchInlineSnapshot(`
    "model-corrupt: <folder>/model.json cannot be read: ENOENT: no such file or directory, open '<folder>/model.json'.
      rerun the stage that made the model: assay run --force <stage>"
  `);
  writeModel(folder, MODEL);
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(8));
  expect(faultOf(() => readModel(folder))).toMatchInlineSnapshot(`
    "model-corrupt: <folder>/weights.bin has 8 bytes; model.json asks for 1243180.
      rerun the stage that made the model: assay run --force <stage>"
  `);
  edit((description) => ({ ...description, architecture: 'table-a3', input: [32, 32, 3] }));
  expect(faultOf(() => readModel(folder))).toMatchInlineSnapshot(`
    "model-corrupt: <folder>/model.json names as parameter 0 conv1/filter [3, 3, 1, 32]; table-a3 has conv1/filter [3, 3, 3, 64] there.
      rerun the stage that made the model: assay run --force <stage>"
  `);
  edit((description) => ({ ...description, dtype: 'float64' }));
  expect(faultOf(() => readModel(folder))).toMatchInlineSnapshot(`
    "model-corrupt: <folder>/model.json at "dtype": Invalid input: expected "float32".
      rerun the stage that made the model: assay run --force <stage>"
  `);
  writeFileSync(join(folder, 'model.json'), '{');
  expect(faultOf(() => readModel(folder))).toMatchInlineSnapshot(`
    "model-corrupt: <folder>/model.json is not JSON: Expected property name or '}' in JSON at position 1.
      rerun the stage that made the model: assay run --force <stage>"
  `);
});

test('a checkpoint comes back exactly, and a damaged one says what to do', () => {
  expect(loadCheckpoint(folder, 'work')).toBeNull();
  const checkpoint = {
    note: { loss: 0.1 + 0.2, list: [1, 2] },
    arrays: [Float32Array.of(1e-40, 3), Float32Array.of()],
  };
  saveCheckpoint(folder, 'work', checkpoint);
  expect(loadCheckpoint(folder, 'work')).toEqual(checkpoint);
  writeFileSync(join(folder, 'work.checkpoint'), 'x\n');
  expect(faultOf(() => loadCheckpoint(folder, 'work'))).toMatchInlineSnapshot(`
    "checkpoint-corrupt: <folder>/work.checkpoint cannot be read: Unexpected token 'x', "x" is not valid JSON.
      delete it to start the stage from its beginning"
  `);
});
