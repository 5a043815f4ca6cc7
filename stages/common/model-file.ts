/** A model as a folder: model.json says what it is, weights.bin holds float32, little endian, parameter after parameter. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StageError } from '../../lib/stage-api/stage-error.ts';
import { ARCHITECTURES, type Model, parametersOf, sizeOf } from './models.ts';

const MODEL_FILE = 'model.json';
const WEIGHTS_FILE = 'weights.bin';

const SIDE = z.int().positive();
const MODEL_SCHEMA = z.object({
  format: z.literal('assay-model/v1'),
  architecture: z.enum(ARCHITECTURES),
  input: z.tuple([SIDE, SIDE, SIDE]),
  inputRange: z.tuple([z.literal(-0.5), z.literal(0.5)]),
  classes: z.array(z.string()).min(2),
  dtype: z.literal('float32'),
  byteOrder: z.literal('little-endian'),
  parameters: z.array(z.object({ name: z.string(), shape: z.array(SIDE) })),
});

export interface NamedModel extends Model {
  readonly classes: readonly string[];
}

/** Writes both files; the bytes depend on nothing but the model. */
export function writeModel(folder: string, model: NamedModel): void {
  const { architecture, input, classes } = model;
  const description: z.input<typeof MODEL_SCHEMA> = {
    format: 'assay-model/v1',
    architecture,
    input: [...input],
    inputRange: [-0.5, 0.5],
    classes: [...classes],
    dtype: 'float32',
    byteOrder: 'little-endian',
    parameters: parametersOf(model).map(({ name, shape }) => ({ name, shape: [...shape] })),
  };
  writeFileSync(join(folder, MODEL_FILE), `${JSON.stringify(description, null, 2)}\n`);
  writeFileSync(join(folder, WEIGHTS_FILE), encodeFloats(model.weights));
}

/** Throws StageError `model-corrupt` when the files do not agree with each other or with the architecture that they name. */
export function readModel(folder: string): NamedModel {
  const path = join(folder, MODEL_FILE);
  const parsed = MODEL_SCHEMA.safeParse(readJson(path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw corrupt(path, `at "${issue?.path.join('.')}": ${issue?.message}`);
  }
  const { architecture, input, classes, parameters } = parsed.data;
  const shape = { architecture, input, classCount: classes.length };
  const specs = parametersOf(shape);
  const expected = specs.map(({ name, shape: s }) => `${name} [${s.join(', ')}]`);
  const found = parameters.map(({ name, shape: s }) => `${name} [${s.join(', ')}]`);
  const differs = Math.max(expected.length, found.length) > 0 ? expected.findIndex((text, i) => text !== found[i]) : -1;
  if (differs >= 0 || expected.length !== found.length) {
    const at = differs >= 0 ? differs : expected.length;
    throw corrupt(
      path,
      `names as parameter ${at} ${found[at] ?? 'none'}; ${architecture} has ${expected[at] ?? 'no more'} there`,
    );
  }
  const weightsPath = join(folder, WEIGHTS_FILE);
  const bytes = readBytes(weightsPath);
  const sizes = specs.map(sizeOf);
  const wanted = 4 * sizes.reduce((a, b) => a + b, 0);
  if (bytes.length !== wanted) {
    throw corrupt(weightsPath, `has ${bytes.length} bytes; ${MODEL_FILE} asks for ${wanted}`);
  }
  return { ...shape, classes, weights: decodeFloats(bytes, sizes) };
}

/** Float32, little endian, array after array. */
export function encodeFloats(arrays: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8Array(4 * arrays.reduce((sum, array) => sum + array.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const array of arrays) {
    for (const value of array) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

/** The inverse of encodeFloats for arrays of the given lengths. */
export function decodeFloats(bytes: Uint8Array, sizes: readonly number[]): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  return sizes.map((size) => {
    const array = new Float32Array(size);
    for (let i = 0; i < size; i++, at += 4) array[i] = view.getFloat32(at, true);
    return array;
  });
}

function readJson(path: string): unknown {
  const text = readBytes(path).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, `is not JSON: ${(cause as Error).message}`);
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw corrupt(path, `cannot be read: ${(cause as Error).message}`);
  }
}

function corrupt(path: string, what: string): StageError {
  return new StageError('model-corrupt', `${path} ${what}.`, {
    hint: 'rerun the stage that made the model: assay run --force <stage>',
  });
}
