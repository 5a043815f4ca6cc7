/** One digit as one person might write it: a style, a hand that wavers, leans, presses and wanders, and a scan of the result. */
import type { RandomStream } from '../rng.ts';
import { blur, drawLine, type Paper, type PenPoint } from './pen.ts';
import { stylesOf, type Stroke, type StrokePoint } from './strokes.ts';

export const GLYPH_SIDE = 28;

/**
 * Draws a digit 0 to 9: uint8 [28 * 28], 0 paper, 255 ink. Uses only operations that IEEE 754 rounds exactly (rotation included:
 * see `makeHand`), so a stream gives the same bytes on every machine.
 */
export function drawGlyph(digit: number, random: RandomStream): Uint8Array {
  const styles = stylesOf(digit);
  const style = styles[random.below(styles.length)] as readonly Stroke[];
  const place = makeHand(random);
  const pen = {
    radius: random.uniformIn(0.75, 1.65), // pixels: lines 1.5 to 3.3 wide, as in MNIST
    softness: random.uniformIn(0.9, 1.6),
    darkness: random.uniformIn(0.78, 1),
  };

  const paper: Paper = new Float64Array(GLYPH_SIDE * GLYPH_SIDE);
  for (const stroke of style) {
    const wavering = stroke.map((point) => waver(point, random));
    drawLine(paper, GLYPH_SIDE, press(traceStroke(wavering).map(place), pen.radius, random), pen.softness);
  }
  return scan(blur(paper, GLYPH_SIDE, random.uniformIn(0, 0.6)), pen.darkness, random);
}

type Point = Pick<StrokePoint, 'x' | 'y'>;

/** How this hand places a point of the unit box on the paper: bent, leaning, turned, stretched and set down somewhat off centre. */
function makeHand(random: RandomStream): (point: Point) => Point {
  const height = 21 + 2 * bounded(random, 1.5); // pixels
  const width = height * (0.86 + 0.13 * bounded(random, 2));
  const lean = 0.12 + 0.17 * bounded(random, 2);
  // tan of half the angle: cosine and sine follow by division, without a library's sine. 0.05 is about 6 degrees.
  const halfTan = 0.05 * bounded(random, 2);
  const cosine = (1 - halfTan * halfTan) / (1 + halfTan * halfTan);
  const sine = (2 * halfTan) / (1 + halfTan * halfTan);
  const centreX = GLYPH_SIDE / 2 + bounded(random, 2);
  const centreY = GLYPH_SIDE / 2 + bounded(random, 2);
  const bends = Array.from({ length: 4 }, () => 0.22 * bounded(random, 2));
  const [bendX, twistX, bendY, twistY] = bends as [number, number, number, number];
  const taper = 0.25 * bounded(random, 2); // a wider head than foot, or the reverse

  return (point) => {
    const u = point.x - 0.5;
    const v = point.y - 0.5;
    const x = (u + bendX * (v * v - 0.08) + twistX * u * v) * (1 + taper * v) * width;
    const y = (v + bendY * (u * u - 0.05) + twistY * u * v) * height;
    const leaning = x - lean * y;
    return { x: centreX + cosine * leaning - sine * y, y: centreY + sine * leaning + cosine * y };
  };
}

/** A hand does not hit the same point twice. */
function waver(point: StrokePoint, random: RandomStream): StrokePoint {
  return {
    x: point.x + 0.03 * bounded(random, 2.5),
    y: point.y + 0.03 * bounded(random, 2.5),
    isCorner: point.isCorner,
  };
}

const STEPS_PER_SPAN = 6;

/** Points along a smooth line through the stroke's points: a Catmull-Rom spline, cut at the corners. */
function traceStroke(stroke: Stroke): Point[] {
  const traced: Point[] = [];
  for (let i = 0; i + 1 < stroke.length; i++) {
    const start = stroke[i] as StrokePoint;
    const end = stroke[i + 1] as StrokePoint;
    const before = start.isCorner ? start : (stroke[i - 1] ?? start);
    const after = end.isCorner ? end : (stroke[i + 2] ?? end);
    for (let step = i === 0 ? 0 : 1; step <= STEPS_PER_SPAN; step++) {
      const t = step / STEPS_PER_SPAN;
      traced.push({
        x: catmullRom(before.x, start.x, end.x, after.x, t),
        y: catmullRom(before.y, start.y, end.y, after.y, t),
      });
    }
  }
  return traced;
}

function catmullRom(before: number, start: number, end: number, after: number, t: number): number {
  const slopes = end - before;
  const curve = 2 * before - 5 * start + 4 * end - after;
  const twist = -before + 3 * start - 3 * end + after;
  return 0.5 * (2 * start + t * (slopes + t * (curve + t * twist)));
}

/** The pen's pressure drifts from the beginning to the end of a stroke, and gives way in between. */
function press(points: readonly Point[], radius: number, random: RandomStream): PenPoint[] {
  const first = 1 + 0.14 * bounded(random, 2);
  const last = 1 + 0.14 * bounded(random, 2);
  const give = 0.4 * bounded(random, 1.5);
  return points.map((point, i) => {
    const t = i / Math.max(1, points.length - 1);
    return { ...point, radius: radius * (first + t * (last - first) + give * t * (1 - t)) };
  });
}

/** Ink to bytes, with the grain of ink and the noise of a scanner that reads blank paper as zero. */
function scan(paper: Paper, darkness: number, random: RandomStream): Uint8Array {
  const grain = random.uniformIn(0, 0.1);
  const noise = random.uniformIn(0, 0.05);
  return Uint8Array.from(paper, (ink) => {
    const bits = random.uint32();
    // Two independent halves of one draw, each in [-1, 1).
    const dark = ink * darkness * (1 + grain * ((bits & 0xffff) / 0x8000 - 1)) + noise * ((bits >>> 16) / 0x8000 - 1);
    return Math.round(255 * Math.min(1, Math.max(0, dark)));
  });
}

/** A normal number, drawn again until it lies within `limit`: no sample may become illegible by one extreme draw. */
function bounded(random: RandomStream, limit: number): number {
  for (;;) {
    const drawn = random.normal();
    if (Math.abs(drawn) <= limit) return drawn;
  }
}
