/**
 * The gradient of a convolution by its filter, as matrix products. With X the padded input and G the output's gradient,
 *
 *     filter'[k, c, i, j] = sum over images n and places (y, x) of G[n, k, y, x] X[n, c, y + i, x + j]
 *
 * which is a product of two matrices for each place (i, j) of the filter, over shifted windows of X. Windows are copies here, and
 * copying is what costs beside the products: hence three forms.
 */
import { int, ints, MICROSOFT, type GraphBuilder } from './graph.ts';

export interface FilterGradient {
  /** Name of a value [N, C, H, W], padding included. */
  readonly x: string;
  /** Name of a value [N, K, y, x]. */
  readonly gradient: string;
  readonly images: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly filterSize: readonly [height: number, width: number];
  readonly outSize: readonly [height: number, width: number];
}

/** Records it and gives the name of its value [K, C, h, w]. */
export function recordFilterGradient(graph: GraphBuilder, gradient: FilterGradient): string {
  const { inChannels, outChannels, filterSize, outSize } = gradient;
  const places = outSize[0] * outSize[1];
  // Form by image makes K x C numbers for each image and reads (K + C) x places: many channels on few places drown in the former.
  if (inChannels * outChannels > (inChannels + outChannels) * places) return overAllImages(graph, gradient);
  // The h copies of G, and the w copies of X, against every window of X, written twice.
  const copied = filterSize[0] * outChannels + filterSize[1] * inChannels;
  if (2 * filterSize[0] * filterSize[1] * inChannels < copied) return overWindows(graph, gradient);
  return imageByImage(graph, gradient);
}

/** One product an image, of G with all windows of X: for the few channels of a first layer. */
function overWindows(graph: GraphBuilder, gradient: FilterGradient): string {
  const { images, inChannels, outChannels, filterSize, outSize } = gradient;
  const windows = placesOf(filterSize).map(([row, column]) => {
    const shifted = slice(graph, gradient.x, [row, column], [row + outSize[0], column + outSize[1]]);
    return graph.node('Reshape', [shifted, graph.int64([images, inChannels, 1, outSize[0] * outSize[1]])]);
  });
  const right = graph.node('Reshape', [
    graph.node('Concat', windows, { axis: int(2) }),
    graph.int64([images, inChannels * windows.length, outSize[0] * outSize[1]]),
  ]);
  const left = graph.node('Reshape', [gradient.gradient, graph.int64([images, outChannels, outSize[0] * outSize[1]])]);
  const sum = sumOfProducts(graph, left, right);
  return graph.node('Reshape', [sum, graph.int64([outChannels, inChannels, ...filterSize])]);
}

/**
 * One product an image, so that rows are short and stay in the cache, summed over the images. Only the columns of X are shifted; for
 * the rows G is laid under itself h times, each time one row lower on the height of X, with rows of zeros between:
 * [K, h, H, x] times [C, H, x] for each column of the filter gives all its rows at once.
 */
function imageByImage(graph: GraphBuilder, gradient: FilterGradient): string {
  const { images, inChannels, outChannels, filterSize, outSize } = gradient;
  const [filterHeight, filterWidth] = filterSize;
  const [outHeight, outWidth] = outSize;
  const height = outHeight + filterHeight - 1;
  // After the copy that is i rows down come h - 1 - i rows of zeros, and before the next one i + 1: always h.
  const zeros = graph.zeros([images, outChannels, filterHeight, outWidth]);
  const copies = Array.from({ length: 2 * filterHeight - 1 }, (_, i) => (i % 2 === 0 ? gradient.gradient : zeros));
  const stacked = filterHeight === 1 ? gradient.gradient : graph.node('Concat', copies, { axis: int(2) });
  const left = graph.node('Reshape', [stacked, graph.int64([images, outChannels * filterHeight, height * outWidth])]);
  const columns = Array.from({ length: filterWidth }, (_, column) => {
    const shifted = slice(graph, gradient.x, [0, column], [height, column + outWidth]);
    const right = graph.node('Reshape', [shifted, graph.int64([images, inChannels, height * outWidth])]);
    return graph.node('Reshape', [
      sumOfProducts(graph, left, right),
      graph.int64([outChannels, filterHeight, 1, inChannels]),
    ]);
  });
  const joined = graph.node('Concat', columns, { axis: int(2) });
  return graph.node('Transpose', [joined], { perm: ints([0, 3, 1, 2]) });
}

/** One product for each place of the filter, channels as rows, images and places as one inner dimension. */
function overAllImages(graph: GraphBuilder, gradient: FilterGradient): string {
  const { images, inChannels, outChannels, filterSize, outSize } = gradient;
  const [filterHeight, filterWidth] = filterSize;
  const [outHeight, outWidth] = outSize;
  const places = images * outHeight * outWidth;
  const channelRows = (name: string): string => graph.node('Transpose', [name], { perm: ints([1, 0, 2, 3]) });
  const x = channelRows(gradient.x);
  const left = graph.node('Reshape', [channelRows(gradient.gradient), graph.int64([outChannels, places])]);
  const products = placesOf(filterSize).map(([row, column]) => {
    const shifted = slice(graph, x, [row, column], [row + outHeight, column + outWidth]);
    const right = graph.node('Reshape', [shifted, graph.int64([inChannels, places])]);
    const product = graph.node('FusedMatMul', [left, right], { transB: int(1) }, MICROSOFT);
    return graph.node('Reshape', [product, graph.int64([outChannels, inChannels, 1])]);
  });
  const joined = graph.node('Concat', products, { axis: int(2) });
  return graph.node('Reshape', [joined, graph.int64([outChannels, inChannels, filterHeight, filterWidth])]);
}

/** The places of the filter, row by row. */
function placesOf([height, width]: readonly [number, number]): [row: number, column: number][] {
  return Array.from({ length: height * width }, (_, place) => [Math.floor(place / width), place % width]);
}

/** Of [N, rows, inner] and [N, columns, inner] the sum of the N products [rows, columns]. */
function sumOfProducts(graph: GraphBuilder, left: string, right: string): string {
  const products = graph.node('FusedMatMul', [left, right], { transB: int(1) }, MICROSOFT);
  return graph.node('ReduceSum', [products, graph.int64([0])], { keepdims: int(0) });
}

/** A window of the last two axes. */
function slice(graph: GraphBuilder, name: string, from: readonly number[], to: readonly number[]): string {
  return graph.node('Slice', [name, graph.int64(from), graph.int64(to), graph.int64([2, 3])]);
}
