/**
 * Convolutions in the layout that ONNX Runtime's direct kernels want: the channels in blocks of as many as a vector register holds
 * (NCHWc), each block's numbers side by side. Its optimiser brings a convolution into that layout by itself when the filter is a constant;
 * while training the filter is an input, and the general kernel, which first copies every window, takes twice as long.
 */
import { BLOCKED, int, ints, text, type Attribute, type GraphBuilder } from './graph.ts';

export interface Convolution {
  /** Name of a value [N, C, H, W]. */
  readonly x: string;
  /** Name of a value [K, C, h, w]. */
  readonly filter: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly filterSize: readonly [height: number, width: number];
  /** Top, left, bottom, right. */
  readonly pads: readonly number[];
}

/** Records it and gives the name of its value [N, K, H, W]. `block`: of the channels, 1 where the runtime has no such layout. */
export function recordConvolution(graph: GraphBuilder, block: number, convolution: Convolution): string {
  const { x, filter, inChannels, outChannels, filterSize, pads } = convolution;
  if (block === 1 || inChannels % block !== 0 || outChannels % block !== 0) {
    return graph.node('Conv', [x, filter], { pads: ints(pads) });
  }
  const split = [outChannels / block, block, inChannels / block, block, ...filterSize];
  const parts = graph.node('Reshape', [filter, graph.int64(split)]);
  const blocks = graph.node('Transpose', [parts], { perm: ints([0, 2, 4, 5, 3, 1]) });
  const laidOut = graph.node('Reshape', [blocks, graph.int64([outChannels, inChannels, ...filterSize])]);
  const images = graph.node('ReorderInput', [x], { channels_last: int(0) }, BLOCKED);
  const product = graph.node('Conv', [images, laidOut], { pads: ints(pads), kernel_shape: ints(filterSize) }, BLOCKED);
  return graph.node('ReorderOutput', [product], { channels: int(outChannels), channels_last: int(0) }, BLOCKED);
}

/** The value of a recorded convolution with one number per channel added, in the same pass; undefined for any other value. */
export function withBias(graph: GraphBuilder, value: string, bias: string): string | undefined {
  return remake(graph, value, (inputs) => (inputs.length === 2 ? [...inputs, bias] : undefined));
}

/** The value of a recorded convolution with ReLU applied, in the same pass; undefined for any other value. */
export function withRelu(graph: GraphBuilder, value: string): string | undefined {
  // ONNX Runtime's optimiser does this for the plain layout.
  if (graph.producer(value)?.op !== 'ReorderOutput') return undefined;
  return remake(graph, value, (inputs) => inputs, { activation: text('Relu') });
}

function remake(
  graph: GraphBuilder,
  value: string,
  change: (inputs: readonly string[]) => readonly string[] | undefined,
  more: Readonly<Record<string, Attribute>> = {},
): string | undefined {
  const producer = graph.producer(value);
  if (producer?.op === 'ReorderOutput') {
    const inner = remake(graph, producer.inputs[0] as string, change, more);
    return inner === undefined ? undefined : graph.node('ReorderOutput', [inner], producer.attributes, BLOCKED);
  }
  if (producer?.op !== 'Conv') return undefined;
  const inputs = change(producer.inputs);
  return inputs === undefined
    ? undefined
    : graph.node('Conv', inputs, { ...producer.attributes, ...more }, producer.domain);
}
