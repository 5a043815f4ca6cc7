/**
 * Training and attack speed of every engine, in one run on one machine, PyTorch beside them:
 *
 *     node bench/compute/run.mjs [--quick]
 *
 * Engines take turns, each in its own process, so that a machine whose speed drifts is as slow for one as for the other. The result is
 * a Markdown table on the output. Without PyTorch (Debian: python3-torch, libopenblas0-pthread) or without tfjs-node
 * (bench/tfjs-node/build.sh) its rows are left out, with a line.
 * Takes about ten minutes; --quick about two.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const program = join(root, 'artifacts', 'bench', 'measure.mjs');
const isQuick = process.argv.includes('--quick');
const rounds = isQuick ? 2 : 5;
const epoch = isQuick ? 0 : 60_000;

mkdirSync(dirname(program), { recursive: true });
await build({
  entryPoints: [join(here, 'measure.ts')],
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  outfile: program,
  logLevel: 'error',
});

const assay = (engine, threads) => ({
  label: `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  engine,
  threads,
});
const peer = { label: 'PyTorch, 2 threads', engine: 'pytorch', threads: 2 };
const before = { label: 'wasm without Assay’s kernels', engine: 'wasm-before', threads: 1 };
const python = ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', 'import torch']).status === 0);
if (python === undefined)
  console.log('skipped: PyTorch, which is not installed (Debian: python3-torch, libopenblas0-pthread)\n');
const peers = python === undefined ? [] : [peer];
const hasTfjsNode = existsSync(join(root, 'node_modules', '@tensorflow', 'tfjs-node', 'lib'));
if (!hasTfjsNode) console.log('skipped: tfjs-node, which is not built (bench/tfjs-node/build.sh)\n');
const tfjsNode = hasTfjsNode ? [assay('tfjs-node', 2)] : [];

function measure(engine, request) {
  const { architecture, batchSize, steps } = request;
  const [command, args] =
    engine === peer
      ? [python, [join(here, 'pytorch.py'), architecture, batchSize, steps, request.epoch ?? 0].map(String)]
      : [
          process.execPath,
          [
            program,
            JSON.stringify({
              iterations: 0,
              epoch: 0,
              profile: false,
              ...request,
              engine: engine.engine,
              threads: engine.threads,
            }),
          ],
        ];
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  if (status !== 0) throw new Error(`${engine.label} failed: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const figure = (values) =>
  values.length === 0 ? '' : `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)})`;
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

/** Every engine `rounds` times in turn; the times of an engine's rounds together. */
function compare(engines, request, times = rounds) {
  const results = new Map(engines.map((engine) => [engine, { steps: [], iterations: [], peakMiB: 0, identity: '' }]));
  for (let round = 0; round < times; round++) {
    for (const engine of engines) {
      const one = measure(engine, request);
      const sum = results.get(engine);
      sum.steps.push(...one.steps);
      sum.iterations.push(...one.iterations);
      sum.peakMiB = Math.max(sum.peakMiB, one.peakMiB);
      sum.identity = one.identity;
    }
  }
  return results;
}

function table(title, results, batchSize) {
  const yardstick = results.get(peer);
  const old = results.get(before);
  console.log(`\n${title}: medians in ms (fastest in parentheses), engines in turn\n`);
  row([
    'engine',
    'training step',
    'times PyTorch',
    'times faster than wasm before',
    'attack iteration',
    'attack images/s',
    'peak MiB',
  ]);
  row(['---', '---', '---', '---', '---', '---', '---']);
  for (const [engine, { steps, iterations, peakMiB }] of results) {
    row([
      engine.label,
      figure(steps),
      yardstick === undefined ? '' : (median(steps) / median(yardstick.steps)).toFixed(2),
      old === undefined ? '' : (median(old.steps) / median(steps)).toFixed(1),
      figure(iterations),
      iterations.length === 0 ? '' : ((1000 * batchSize) / median(iterations)).toFixed(0),
      peakMiB.toFixed(0),
    ]);
  }
}

console.log(`${cpus().length} cores, ${cpus()[0].model}, Node ${process.versions.node}`);

const a1 = { architecture: 'table-a1', batchSize: 128, steps: 7, iterations: 7 };
table(
  'Table A1, batch 128',
  compare([assay('onnx', 2), ...tfjsNode, ...peers, assay('onnx', 1), assay('wasm', 1), before], a1),
  128,
);

const a3 = { architecture: 'table-a3', batchSize: 32, steps: 5, iterations: 3 };
table('Table A3, batch 32', compare([assay('onnx', 2), ...tfjsNode, ...peers], a3, Math.ceil(rounds / 2)), 32);

const wide = measure(assay('onnx', 2), { architecture: 'table-a3', batchSize: 128, steps: 1 });
console.log(`\nTable A3, batch 128: ${figure(wide.steps)} ms a step, ${wide.peakMiB.toFixed(0)} MiB at most`);

if (epoch > 0) {
  const seconds = [assay('onnx', 2), ...peers].map((engine) => {
    return `${measure(engine, { ...a1, steps: 1, iterations: 0, epoch }).epoch.toFixed(1)} s with ${engine.label}`;
  });
  console.log(`\nAn epoch of 60,000 images, loading included: ${seconds.join(', ')}`);
}

const { products } = measure(assay('onnx', 2), { ...a1, steps: 1, iterations: 0, profile: true });
const shares = Object.entries(products.byOperator).map(([name, share]) => `${name} ${(100 * share).toFixed(1)} %`);
console.log(
  `\nOf a training step of Table A1 ${(100 * (1 - products.share)).toFixed(0)} % lies outside convolutions and matrix products:`,
);
console.log(shares.join(', '));
