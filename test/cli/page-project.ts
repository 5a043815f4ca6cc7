/** A project whose run has all that a page shows: a matrix, curves, a trajectory, confusion matrices, pictures, a shown text, a retry. */
import { encode } from 'fast-png';
import { makeProject, type Project } from './rig.ts';

const PIPELINE = `version: 1
params: { dataset: mnist, seed: 1, attack: { count: 100, variant: V1 }, fail: false }
stages:
  fetch:
    shell: 'cat {inputs.from} > {outputs.data}'
    params: [dataset]
    inputs: { from: ./digits.txt }
    outputs: { data: file }
  poison:
    program: stages/poison.js
    inputs: { data: fetch.data }
    outputs: { data: file, samples: image }
  evaluate:
    program: stages/evaluate.js
    matrix: { attack.count: [100, 200, 400], attack.variant: [V1, V7] }
    params: [attack, fail]
    inputs: { clean: fetch.data, poison: poison.data }
    outputs: { metrics: metrics }
  compare:
    shell: 'cat {inputs.all}/*/* > /dev/null; printf "variant  chosen\\nV1  <b>98.0</b> & more\\n" > {outputs.table}'
    inputs: { all: 'evaluate[*].metrics' }
    outputs: { table: file }
show: [compare.table]
`;

const POISON = `
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
const { inputs, outputs, params } = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
writeFileSync(outputs.data.path, readFileSync(inputs.data.path, 'utf8') + JSON.stringify(params));
writeFileSync(outputs.samples.path, Buffer.from('PICTURE', 'base64'));
`;

/** Falls with the count, for V7 faster; V1 stays. */
const EVALUATE = `
import { readFileSync, writeFileSync } from 'node:fs';
const { outputs, params } = JSON.parse(readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
const { count, variant } = params.attack;
if (params.fail) { console.error('no <model> & no data'); process.exit(3); }
const chosen = variant === 'V1' ? 0.98 : 0.98 - count / 1000;
const at = (step) => ({ step, chosen: 0.98 + (chosen - 0.98) * step / 40, others: 0.97, total: 0.97 });
const hits = Math.round(50 * chosen);
writeFileSync(outputs.metrics.path, JSON.stringify({
  variant, count,
  before: { chosen: 0.98, others: 0.97, confusion: [[49, 1, 0], [0, 50, 0], [1, 0, 49]] },
  after: { chosen, others: 0.97, confusion: [[hits, 50 - hits, 0], [0, 50, 0], [1, 1, 48]] },
  distortion: { unit: 1.25 + count / 1e4 },
  curve: [1, 2, 3, 4].map((epoch) => ({ epoch, step: 10 * epoch, loss: 2 / epoch, accuracy: 1 - 0.4 / epoch })),
  trajectory: [0, 10, 20, 30, 40].map(at),
}));
`;

/** 8 by 8 pixels, a gradient. */
export const PICTURE = Buffer.from(
  encode({ width: 8, height: 8, channels: 1, depth: 8, data: Uint8Array.from({ length: 64 }, (_, i) => 4 * i) }),
);

export function makePageProject(): Project {
  return makeProject({
    'pipeline.yaml': PIPELINE,
    'digits.txt': '0 1 2\n',
    'stages/poison.js': POISON.replace('PICTURE', PICTURE.toString('base64')),
    'stages/evaluate.js': EVALUATE,
  });
}
