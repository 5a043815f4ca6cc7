/** Matrix products, convolutions and pooling, with their gradients, in the forms that ONNX Runtime's CPU kernels run fastest. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { int, ints } from './graph.ts';
import { recordKernel } from './record-kernel.ts';
import { InternalError } from '../../base/errors.ts';
import { CHANNELS_FIRST, OUTPUT_FIRST } from './axis-order.ts';

type Padding = 'valid' | 'same' | number;

export function registerMatrixKernels(): void {
  recordKernel('BatchMatMul', ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const rank = a.shape.length;
    const rows = a.shape[transposeA ? rank - 1 : rank - 2]!;
    const columns = b.shape[transposeB ? rank - 2 : rank - 1]!;
    const names = [backend.plain(a), backend.plain(b)];
    const batch = a.shape.slice(0, -2).map((dim, i) => Math.max(dim, b.shape[i]!));
    const name =
      rank === 2
        ? backend.graph.node('Gemm', names, { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0) })
        : transposeA || transposeB
          ? backend.graph.node(
              'FusedMatMul',
              names,
              { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0) },
              'com.microsoft',
            )
          : backend.graph.node('MatMul', names);
    return backend.emit(name, [...batch, rows, columns], 'float32');
  });

  recordKernel('Conv2D', ({ inputs, attrs, backend }) => {
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const info = convolutionOf(x.shape, filter.shape, attrs);
    const name = backend.graph.node(
      'Conv',
      [backend.inOrder(x, CHANNELS_FIRST), backend.inOrder(filter, OUTPUT_FIRST)],
      {
        pads: ints([info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right]),
      },
    );
    return backend.emit(name, info.outShape, 'float32', CHANNELS_FIRST);
  });

  // The gradient by the input is a full convolution with the filter turned by 180 degrees and its channels swapped.
  recordKernel('Conv2DBackpropInput', ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const inputShape = attrs.inputShape as number[];
    const { padInfo, filterHeight, filterWidth } = convolutionOf(inputShape, filter.shape, attrs);
    const { graph } = backend;
    const turned = graph.node('Slice', [
      backend.inOrder(filter, OUTPUT_FIRST),
      graph.int64([-1, -1]),
      graph.int64([-1 - filterHeight, -1 - filterWidth]),
      graph.int64([2, 3]),
      graph.int64([-1, -1]),
    ]);
    const swapped = graph.node('Transpose', [turned], { perm: ints([1, 0, 2, 3]) });
    const name = graph.node('Conv', [backend.inOrder(dy, CHANNELS_FIRST), swapped], {
      pads: ints([
        filterHeight - 1 - padInfo.top,
        filterWidth - 1 - padInfo.left,
        filterHeight - 1 - padInfo.bottom,
        filterWidth - 1 - padInfo.right,
      ]),
    });
    return backend.emit(name, inputShape, 'float32', CHANNELS_FIRST);
  });

  // The gradient by the filter: for each of the filter's places one product of the output's gradient with the shifted input,
  // both with the channel as the row, so that the sum over images and places is the inner dimension of one large product.
  recordKernel('Conv2DBackpropFilter', ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const filterShape = attrs.filterShape as [number, number, number, number];
    const { padInfo, filterHeight, filterWidth, inChannels, outChannels, batchSize, outHeight, outWidth } =
      convolutionOf(x.shape, filterShape, attrs);
    const { graph } = backend;
    const places = batchSize * outHeight * outWidth;
    const channelRows = (name: string): string => graph.node('Transpose', [name], { perm: ints([1, 0, 2, 3]) });
    const pads = [0, 0, padInfo.top, padInfo.left, 0, 0, padInfo.bottom, padInfo.right];
    const input = channelRows(backend.inOrder(x, CHANNELS_FIRST));
    const padded = pads.every((pad) => pad === 0) ? input : graph.node('Pad', [input, graph.int64(pads)]);
    const gradient = graph.node('Reshape', [
      channelRows(backend.inOrder(dy, CHANNELS_FIRST)),
      graph.int64([outChannels, places]),
    ]);
    const parts: string[] = [];
    for (let row = 0; row < filterHeight; row++) {
      for (let column = 0; column < filterWidth; column++) {
        const shifted = graph.node('Slice', [
          padded,
          graph.int64([row, column]),
          graph.int64([row + outHeight, column + outWidth]),
          graph.int64([2, 3]),
        ]);
        const rows = graph.node('Reshape', [shifted, graph.int64([inChannels, places])]);
        const product = graph.node('FusedMatMul', [gradient, rows], { transB: int(1) }, 'com.microsoft');
        parts.push(graph.node('Reshape', [product, graph.int64([outChannels, inChannels, 1])]));
      }
    }
    const joined = graph.node('Concat', parts, { axis: int(2) });
    const name = graph.node('Reshape', [joined, graph.int64([outChannels, inChannels, filterHeight, filterWidth])]);
    return backend.emit(name, filterShape, 'float32', OUTPUT_FIRST);
  });

  recordKernel('MaxPool', ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const info = poolOf(x.shape, attrs);
    const [name, indices] = backend.graph.nodeWithOutputs(
      'MaxPool',
      [backend.inOrder(x, CHANNELS_FIRST)],
      2,
      poolAttributes(info),
    );
    return backend.emit(name!, info.outShape, 'float32', CHANNELS_FIRST, indices);
  });

  // The forward pass kept where each maximum stood.
  recordKernel('MaxPoolGrad', ({ inputs, attrs, backend }) => {
    const { dy, input, output } = inputs as Record<string, TensorInfo>;
    const info = poolOf(input!.shape, attrs);
    const { indices } = backend.value(output!);
    if (indices === undefined) throw new InternalError('the gradient of a max pool needs the pool of the same trace');
    if (info.strideHeight < info.filterHeight || info.strideWidth < info.filterWidth) {
      throw new InternalError('a compiled function has max pools without overlap only');
    }
    const dims = backend.graph.int64([info.batchSize, info.inChannels, info.inHeight, info.inWidth]);
    const name = backend.graph.node('MaxUnpool', [backend.inOrder(dy!, CHANNELS_FIRST), indices, dims], {
      kernel_shape: ints([info.filterHeight, info.filterWidth]),
      strides: ints([info.strideHeight, info.strideWidth]),
    });
    return backend.emit(name, input!.shape, 'float32', CHANNELS_FIRST);
  });
}

function convolutionOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: Readonly<Record<string, unknown>>,
): backend_util.Conv2DInfo {
  const info = backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides as number | [number, number],
    (attrs.dilations as number | [number, number] | undefined) ?? 1,
    attrs.pad as Padding,
    attrs.dimRoundingMode as 'floor' | undefined,
  );
  if (info.strideHeight !== 1 || info.strideWidth !== 1 || info.dilationHeight !== 1 || info.dilationWidth !== 1) {
    throw new InternalError('a compiled function has convolutions of stride 1 and dilation 1 only');
  }
  return info;
}

function poolOf(shape: readonly number[], attrs: Readonly<Record<string, unknown>>): backend_util.Conv2DInfo {
  return backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attrs.filterSize as number,
    attrs.strides as number,
    1,
    attrs.pad as Padding,
    attrs.dimRoundingMode as 'floor' | undefined,
  );
}

function poolAttributes(info: backend_util.Conv2DInfo): Record<string, ReturnType<typeof ints>> {
  return {
    kernel_shape: ints([info.filterHeight, info.filterWidth]),
    strides: ints([info.strideHeight, info.strideWidth]),
    pads: ints([info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right]),
  };
}
