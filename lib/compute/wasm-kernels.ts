/**
 * Kernels that training needs and tfjs-backend-wasm 4.22 lacks or runs slowly. They work on the module's own memory, so the
 * arithmetic stays in its SIMD matrix product and convolution; only the gathering of operands is JavaScript.
 * Times below: one call, batch 128, layer 2 of Table A1 (26x26x32 to 24x24x32), one Xeon core.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../base/errors.ts';

type Kernel = tf.KernelFunc;
type Info = tf.TensorInfo;

/** Registers the kernels on the backend `wasm`. Call once, after the backend's own kernels are registered. */
export function registerWasmKernels(): void {
  tf.registerKernel({ kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', kernelFunc: convolveFilterGradient });
  replace('Conv2DBackpropInput', convolveInputGradient);
  replace('MaxPoolGrad', poolGradient);
  replace('Sum', sumLeadingAxes);
}

/** Puts `make(original)` in the place of a kernel; it may fall back on the original for cases that it does not cover. */
function replace(kernelName: string, make: (original: Kernel) => Kernel): void {
  const original = tf.getKernel(kernelName, 'wasm');
  if (original === undefined) throw new InternalError(`tfjs-backend-wasm has a kernel ${kernelName}: got none`);
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...original, kernelFunc: make(original.kernelFunc) });
}

/**
 * dL/dfilter [fh, fw, C, K] of a convolution, float32, any stride and padding (tfjs issue 8474: the kernel does not exist).
 *
 * For each filter tap (i, j) it is one matrix product [C, P] x [P, K] over the P = N*H*W pixels of the padded input. Let x^T be
 * the input with its channels first, as one line of numbers, and D be dy laid out on the grid of the padded input, zero where no
 * output begins. Then the left operand is x^T read from i*W + j on: a window of the same memory, nothing is copied. What a window
 * draws in from the next row, image or channel meets a zero of D. 85 ms; as one Conv2D with batch and channels swapped 121 ms.
 */
const convolveFilterGradient: Kernel = ({ inputs, attrs, backend }) => {
  const wasm = backend as BackendWasm;
  const { x, dy } = inputs as unknown as { x: Info; dy: Info };
  const attributes = attrs as unknown as ConvolutionAttributes & { filterShape: FilterShape };
  const shape = describe(x.shape as Shape4, attributes.filterShape, attributes);
  const { top, bottom, left, right } = shape.padInfo;
  const { batchSize, inChannels: channels, outChannels: filters, filterHeight, filterWidth } = shape;
  const [height, width] = [shape.inHeight + top + bottom, shape.inWidth + left + right];
  const pixels = batchSize * height * width;
  const paddings = [[0, 0], [top, bottom], [left, right], [0, 0]]; // prettier-ignore
  const padded =
    top + bottom + left + right === 0 ? null : runKernel(wasm, 'PadV2', { x }, { paddings, constantValue: 0 });

  // Transposed first: as a flag of the product it costs 15 times the product (1.5 against 24 GFLOP/s).
  const rows = { ...(padded ?? x), shape: [pixels, channels] };
  const transposed = runKernel(wasm, 'Transpose', { x: rows }, { perm: [1, 0] });
  const lastTap = (filterHeight - 1) * width + filterWidth - 1;
  const line = wasm.makeOutput([channels * pixels + lastTap], 'float32');
  heap(wasm, line).set(heap(wasm, transposed));
  heap(wasm, line).fill(0, channels * pixels);
  wasm.disposeData(transposed.dataId);
  if (padded !== null) wasm.disposeData(padded.dataId);
  const grid = wasm.makeOutput([pixels, filters], 'float32');
  layOnGrid(wasm, dy, grid, shape, height, width);

  const out = wasm.makeOutput([...attributes.filterShape], 'float32');
  for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
    const start = Math.floor(tap / filterWidth) * width + (tap % filterWidth);
    const product = withWindow(wasm, line, start, [channels, pixels], (window) =>
      runKernel(wasm, 'BatchMatMul', { a: window, b: grid }, { transposeA: false, transposeB: false }),
    );
    heap(wasm, out).set(heap(wasm, product), tap * channels * filters);
    wasm.disposeData(product.dataId);
  }
  wasm.disposeData(line.dataId);
  wasm.disposeData(grid.dataId);
  return out;
};

/** grid[n, y*strideHeight, x*strideWidth, k] = dy[n, y, x, k], and 0 elsewhere. */
function layOnGrid(
  wasm: BackendWasm,
  dy: Info,
  grid: Info,
  shape: tf.backend_util.Conv2DInfo,
  height: number,
  width: number,
): void {
  const { batchSize, outHeight, outWidth, outChannels, strideHeight, strideWidth } = shape;
  const [from, to] = [heap(wasm, dy), heap(wasm, grid)];
  to.fill(0);
  // With stride 1 a row of outputs stays together.
  const [pieces, pieceLength] = strideWidth === 1 ? [1, outWidth * outChannels] : [outWidth, outChannels];
  let at = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let y = 0; y < outHeight; y++) {
      const row = (image * height + y * strideHeight) * width;
      for (let piece = 0; piece < pieces; piece++, at += pieceLength) {
        to.set(from.subarray(at, at + pieceLength), (row + piece * strideWidth) * outChannels);
      }
    }
  }
}

/** Calls `use` with a tensor that is a window into the memory of `line`, from element `start` on. It dies with the call. */
function withWindow<T>(wasm: BackendWasm, line: Info, start: number, shape: number[], use: (window: Info) => T): T {
  const window = wasm.makeOutput(shape, 'float32', wasm.getMemoryOffset(line.dataId as object) + start * 4);
  try {
    return use(window);
  } finally {
    // Not disposeData: that would free memory which belongs to `line`.
    wasm.wasm.tfjs.disposeData(wasm.dataIdMap.get(window.dataId as object).id);
    wasm.dataIdMap.delete(window.dataId as object);
  }
}

/** dL/dx of a stride 1 convolution as the convolution of dy with the rotated filter: 70 ms; the original kernel 310 ms. */
const convolveInputGradient =
  (original: Kernel): Kernel =>
  (args) => {
    const wasm = args.backend as BackendWasm;
    const { dy, filter } = args.inputs as unknown as { dy: Info; filter: Info };
    const attributes = args.attrs as unknown as ConvolutionAttributes & { inputShape: Shape4 };
    const shape = describe(attributes.inputShape, filter.shape as FilterShape, attributes);
    const { filterHeight, filterWidth, padInfo } = shape;
    if (shape.strideHeight !== 1 || shape.strideWidth !== 1) return original(args);
    const reversed = runKernel(wasm, 'Reverse', { x: filter }, { dims: [0, 1] });
    const rotated = runKernel(wasm, 'Transpose', { x: reversed }, { perm: [0, 1, 3, 2] });
    const [padTop, padLeft] = [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left];
    const [padBottom, padRight] = [filterHeight - 1 - padInfo.bottom, filterWidth - 1 - padInfo.right];
    // A padding wider than the filter would be negative here; valid and same paddings never are.
    if (Math.min(padTop, padLeft, padBottom, padRight) < 0) return original(args);
    const dx = runKernel(
      wasm,
      'Conv2D',
      { x: dy, filter: rotated },
      {
        strides: [1, 1],
        dilations: [1, 1],
        dataFormat: 'NHWC',
        pad: [
          [0, 0],
          [padTop, padBottom],
          [padLeft, padRight],
          [0, 0],
        ],
      },
    );
    wasm.disposeData(reversed.dataId);
    wasm.disposeData(rotated.dataId);
    return dx;
  };

/**
 * dL/dx of 2x2 max pooling with stride 2: dy goes to the first largest of the four, as in TensorFlow. 6 ms; the original 60 ms.
 * Every other pooling goes to the original kernel.
 */
const poolGradient =
  (original: Kernel): Kernel =>
  (args) => {
    const wasm = args.backend as BackendWasm;
    const { dy, input } = args.inputs as unknown as { dy: Info; input: Info };
    const { filterSize, strides, pad } = args.attrs as unknown as {
      filterSize: Pair;
      strides: Pair;
      pad: unknown;
    };
    const isTwoByTwo = [filterSize, strides].flat().every((n) => n === 2);
    if (!isTwoByTwo || pad !== 'valid' || input.dtype !== 'float32') return original(args);
    const [batch, height, width, channels] = input.shape as Shape4;
    const [outHeight, outWidth] = [height >> 1, width >> 1];
    const dx = wasm.makeOutput(input.shape, 'float32');
    // Views last: makeOutput may grow the memory, which detaches earlier ones.
    const [from, gradient, to] = [heap(wasm, input), heap(wasm, dy), heap(wasm, dx)];
    to.fill(0);
    const rowLength = width * channels;
    let at = 0;
    for (let image = 0; image < batch; image++) {
      for (let y = 0; y < outHeight; y++) {
        for (let x = 0; x < outWidth; x++) {
          const corner = ((image * height + 2 * y) * width + 2 * x) * channels;
          for (let a = corner; a < corner + channels; a++) {
            const [b, c] = [a + channels, a + rowLength];
            const d = c + channels;
            let best = a;
            if (from[b]! > from[best]!) best = b;
            if (from[c]! > from[best]!) best = c;
            if (from[d]! > from[best]!) best = d;
            to[best] = gradient[at++]!;
          }
        }
      }
    }
    return dx;
  };

/**
 * The sum over all axes but the last, which is the gradient of every bias: 3 ms; the original, which transposes first, 12 ms.
 * Accumulated in float64 and rounded once.
 */
const sumLeadingAxes =
  (original: Kernel): Kernel =>
  (args) => {
    const wasm = args.backend as BackendWasm;
    const { x } = args.inputs as unknown as { x: Info };
    const { axis, keepDims } = args.attrs as unknown as { axis: number | number[]; keepDims: boolean };
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const rank = x.shape.length;
    const isLeading = rank > 1 && axes.length === rank - 1 && axes.every((a, i) => a === i);
    if (!isLeading || x.dtype !== 'float32') return original(args);
    const columns = x.shape[rank - 1]!;
    const sums = new Float64Array(columns);
    const from = heap(wasm, x);
    for (let at = 0; at < from.length;) {
      for (let column = 0; column < columns; column++) sums[column]! += from[at++]!;
    }
    const out = wasm.makeOutput(keepDims ? [...x.shape.slice(0, -1).fill(1), columns] : [columns], 'float32');
    heap(wasm, out).set(sums);
    return out;
  };

type Pair = [number, number] | number;
type Shape4 = [number, number, number, number];
type FilterShape = [number, number, number, number];

interface ConvolutionAttributes {
  readonly strides: Pair;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat: 'NHWC' | 'NCHW';
}

function describe(input: Shape4, filter: FilterShape, attributes: ConvolutionAttributes): tf.backend_util.Conv2DInfo {
  const { strides, pad, dimRoundingMode, dataFormat } = attributes;
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  return tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad, dimRoundingMode, false, format);
}

function runKernel(wasm: BackendWasm, name: string, inputs: Record<string, Info>, attrs: object): Info {
  const kernel = tf.getKernel(name, 'wasm');
  if (kernel === undefined) throw new InternalError(`tfjs-backend-wasm has a kernel ${name}: got none`);
  return kernel.kernelFunc({ backend: wasm, inputs, attrs: attrs as tf.NamedAttrMap }) as Info;
}

/** The tensor's elements, in place. Valid until the module's memory grows: fetch it after the last allocation. */
function heap(wasm: BackendWasm, tensor: Info): Float32Array {
  return wasm.typedArrayFromHeap(tensor) as Float32Array;
}
