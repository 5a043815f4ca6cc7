/** Matrix products, convolutions and pooling, with their gradients, in the forms that ONNX Runtime's CPU kernels run fastest. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { int, ints, MICROSOFT } from './graph.ts';
import { recordKernel } from './record-kernel.ts';
import { InternalError } from '../../base/errors.ts';
import { recordConvolution } from './convolution.ts';
import { recordFilterGradient } from './filter-gradient.ts';
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
              MICROSOFT,
            )
          : backend.graph.node('MatMul', names);
    return backend.emit(name, [...batch, rows, columns], 'float32');
  });

  recordKernel('Conv2D', ({ inputs, attrs, backend }) => {
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const info = convolutionOf(x.shape, filter.shape, attrs);
    const name = recordConvolution(backend.graph, backend.block, {
      x: backend.inOrder(x, CHANNELS_FIRST),
      filter: backend.inOrder(filter, OUTPUT_FIRST),
      inChannels: info.inChannels,
      outChannels: info.outChannels,
      filterSize: [info.filterHeight, info.filterWidth],
      pads: [info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right],
    });
    return backend.emit(name, info.outShape, 'float32', CHANNELS_FIRST);
  });

  // The gradient by the input is a full convolution with the filter turned by 180 degrees and its channels swapped.
  recordKernel('Conv2DBackpropInput', ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const inputShape = attrs.inputShape as number[];
    const info = convolutionOf(inputShape, filter.shape, attrs);
    const { padInfo, filterHeight, filterWidth } = info;
    const { graph } = backend;
    const turned = graph.node('Slice', [
      backend.inOrder(filter, OUTPUT_FIRST),
      graph.int64([-1, -1]),
      graph.int64([-1 - filterHeight, -1 - filterWidth]),
      graph.int64([2, 3]),
      graph.int64([-1, -1]),
    ]);
    const swapped = graph.node('Transpose', [turned], { perm: ints([1, 0, 2, 3]) });
    const name = recordConvolution(graph, backend.block, {
      x: backend.inOrder(dy, CHANNELS_FIRST),
      filter: swapped,
      inChannels: info.outChannels,
      outChannels: info.inChannels,
      filterSize: [filterHeight, filterWidth],
      pads: [
        filterHeight - 1 - padInfo.top,
        filterWidth - 1 - padInfo.left,
        filterHeight - 1 - padInfo.bottom,
        filterWidth - 1 - padInfo.right,
      ],
    });
    return backend.emit(name, inputShape, 'float32', CHANNELS_FIRST);
  });

  recordKernel('Conv2DBackpropFilter', ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const filterShape = attrs.filterShape as [number, number, number, number];
    const info = convolutionOf(x.shape, filterShape, attrs);
    const { graph } = backend;
    const { top, left, bottom, right } = info.padInfo;
    const images = backend.inOrder(x, CHANNELS_FIRST);
    const isPadded = top + left + bottom + right > 0;
    const name = recordFilterGradient(graph, {
      x: isPadded ? graph.node('Pad', [images, graph.int64([0, 0, top, left, 0, 0, bottom, right])]) : images,
      gradient: backend.inOrder(dy, CHANNELS_FIRST),
      images: info.batchSize,
      inChannels: info.inChannels,
      outChannels: info.outChannels,
      filterSize: [info.filterHeight, info.filterWidth],
      outSize: [info.outHeight, info.outWidth],
    });
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
