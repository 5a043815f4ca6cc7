/** A soft round pen on a square of paper: distance to the line decides how dark a pixel is, so edges are smooth at any angle. */

/** A pen position in pixels, with the pen's radius there. */
export interface PenPoint {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Ink on a square of side x side pixels, row-major, each in 0 to 1. */
export type Paper = Float64Array;

/**
 * Draws straight lines through the points. A pixel is full where its middle lies within the radius, empty beyond it by half of
 * `softness` pixels, and follows a smooth step between. Strokes that cross do not add up: the darker one counts.
 */
export function drawLine(paper: Paper, side: number, points: readonly PenPoint[], softness: number): void {
  for (let i = 0; i + 1 < points.length; i++) {
    drawSegment(paper, side, points[i] as PenPoint, points[i + 1] as PenPoint, softness);
  }
}

function drawSegment(paper: Paper, side: number, from: PenPoint, to: PenPoint, softness: number): void {
  const reach = Math.max(from.radius, to.radius) + softness / 2;
  const left = clampToPaper(Math.floor(Math.min(from.x, to.x) - reach), side);
  const right = clampToPaper(Math.ceil(Math.max(from.x, to.x) + reach), side);
  const top = clampToPaper(Math.floor(Math.min(from.y, to.y) - reach), side);
  const bottom = clampToPaper(Math.ceil(Math.max(from.y, to.y) + reach), side);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const squaredLength = dx * dx + dy * dy;

  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - from.x;
      const py = y + 0.5 - from.y;
      const along = squaredLength === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squaredLength));
      const ex = px - along * dx;
      const ey = py - along * dy;
      const radius = from.radius + along * (to.radius - from.radius);
      const ink = smoothStep((radius - Math.sqrt(ex * ex + ey * ey)) / softness + 0.5);
      const at = y * side + x;
      if (ink > (paper[at] as number)) paper[at] = ink;
    }
  }
}

/** Blends the paper with its 3 x 3 binomial blur: `share` 0 leaves it, 1 is the whole blur. Beyond the edge there is no ink. */
export function blur(paper: Paper, side: number, share: number): Paper {
  const rows = new Float64Array(paper.length);
  for (let at = 0; at < paper.length; at++) {
    const x = at % side;
    const left = x > 0 ? (paper[at - 1] as number) : 0;
    const right = x < side - 1 ? (paper[at + 1] as number) : 0;
    rows[at] = 0.25 * left + 0.5 * (paper[at] as number) + 0.25 * right;
  }
  return paper.map((ink, at) => {
    const above = rows[at - side] ?? 0;
    const below = rows[at + side] ?? 0;
    return ink + share * (0.25 * above + 0.5 * (rows[at] as number) + 0.25 * below - ink);
  });
}

function smoothStep(t: number): number {
  if (t <= 0) return 0;
  if (t >= 1) return 1;
  return t * t * (3 - 2 * t);
}

function clampToPaper(at: number, side: number): number {
  return Math.min(side - 1, Math.max(0, at));
}
