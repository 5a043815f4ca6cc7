/** Kernels of support vector machines, and their derivatives with respect to one of the two points. Float64 throughout. */

export type Kernel =
  /** k(a, b) = a . b */
  | { readonly kind: 'linear' }
  /** k(a, b) = exp(-gamma |a - b|^2) */
  | { readonly kind: 'rbf'; readonly gamma: number };

/** One coordinate a pixel, in [0, 1]. */
export type Point = Float64Array;

export function kernelValue(kernel: Kernel, a: Point, b: Point): number {
  let sum = 0;
  if (kernel.kind === 'linear') {
    for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum;
  }
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.exp(-kernel.gamma * sum);
}

/** k(point, each of points). */
export function kernelRow(kernel: Kernel, point: Point, points: readonly Point[]): Float64Array {
  return Float64Array.from(points, (other) => kernelValue(kernel, point, other));
}

/** Adds weight * d k(fixed, moving) / d moving to `sum`. */
export function addKernelGradient(
  kernel: Kernel,
  fixed: Point,
  moving: Point,
  weight: number,
  sum: Float64Array,
): void {
  if (weight === 0) return;
  if (kernel.kind === 'linear') {
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * fixed[i]!;
    return;
  }
  const scale = 2 * kernel.gamma * weight * kernelValue(kernel, fixed, moving);
  for (let i = 0; i < sum.length; i++) sum[i]! += scale * (fixed[i]! - moving[i]!);
}

/** Adds weight * d k(moving, moving) / d moving to `sum`: 2 x for the linear kernel, nothing for the RBF kernel, which is 1 there. */
export function addOwnKernelGradient(kernel: Kernel, moving: Point, weight: number, sum: Float64Array): void {
  if (kernel.kind === 'rbf') return;
  for (let i = 0; i < sum.length; i++) sum[i]! += 2 * weight * moving[i]!;
}
