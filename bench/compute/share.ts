/** Where a compiled step spends its time, by ONNX Runtime's own profile. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { findBlockSize } from '../../lib/compute/onnx/block-size.ts';
import { startOnnxLoop } from '../../lib/compute/onnx/onnx-loop.ts';
import type { LoopStart } from '../../lib/compute/step-loop.ts';
import type { Split } from '../../lib/dataset/split.ts';
import type { Model } from '../../stages/common/models.ts';
import { allRecords } from '../../stages/common/pixels.ts';
import { trainStep } from '../../stages/common/training.ts';

const STEPS = 15;
/** Convolutions and matrix products, plain and fused. */
const PRODUCTS = new Set(['Conv', 'FusedConv', 'MatMul', 'FusedMatMul', 'Gemm', 'FusedGemm']);

/** The share of the time inside convolutions and matrix products, 0 to 1, and each operator's share. */
export async function shareOfProducts(
  training: LoopStart,
  model: Model,
  data: Split,
  threads: number,
): Promise<{ share: number; byOperator: Record<string, number> }> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const opened: ort.InferenceSession[] = [];
  const profiled = {
    ...ort,
    InferenceSession: {
      create: async (bytes: Uint8Array, options: ort.InferenceSession.SessionOptions) => {
        const session = await ort.InferenceSession.create(bytes, {
          ...options,
          enableProfiling: true,
          profileFilePrefix: join(folder, 'profile'),
        });
        opened.push(session);
        return session;
      },
    },
  } as unknown as typeof ort;
  const loop = startOnnxLoop(profiled, training, { threads, block: await findBlockSize(ort) });
  for (let i = 0; i < STEPS; i++) await trainStep(loop, model, data, Uint32Array.from(allRecords(data)), 0.001, {});
  for (const session of opened) session.endProfiling();
  loop.dispose();

  const totals: Record<string, number> = {};
  for (const name of readdirSync(folder)) {
    const events = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      cat: string;
      name: string;
      dur: number;
      args: { op_name: string };
    }[];
    for (const event of events) {
      if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
      totals[event.args.op_name] = (totals[event.args.op_name] ?? 0) + event.dur;
    }
  }
  rmSync(folder, { recursive: true });
  const all = Object.values(totals).reduce((sum, time) => sum + time, 0);
  const byOperator = Object.fromEntries(
    Object.entries(totals)
      .map(([name, time]) => [name, time / all] as const)
      .sort((a, b) => b[1] - a[1]),
  );
  const share = Object.entries(byOperator).reduce((sum, [name, part]) => sum + (PRODUCTS.has(name) ? part : 0), 0);
  return { share, byOperator };
}
