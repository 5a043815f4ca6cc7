/**
 * How people write the ten digits: for each digit several styles, for each style its pen strokes. Coordinates are hundredths of a
 * box, x to the right, y down. The pen runs smoothly through the points of a stroke and turns sharply at those marked `!`.
 */

export interface StrokePoint {
  readonly x: number;
  readonly y: number;
  readonly isCorner: boolean;
}

export type Stroke = readonly StrokePoint[];
export type Style = readonly Stroke[];

/** The styles of a digit 0 to 9, each about equally common. */
export function stylesOf(digit: number): readonly Style[] {
  return STYLES[digit] as readonly Style[];
}

const STYLES: readonly (readonly Style[])[] = [
  // 0: a closed oval; one that overshoots its beginning; a narrow one begun at the side
  styles('55,8 28,22 18,52 30,86 56,92 78,66 77,30 52,7', '64,14 42,8 22,34 20,66 42,93 70,80 80,46 68,16 46,5', [
    '30,26 26,62 44,92 66,78 72,38 56,9 34,20',
  ]),
  // 1: a bare stem; a leaning one; with a flag; with a flag and a foot
  styles('50,7 50,50 50,93', '60,8 46,93', '30,30 53,8! 52,50 51,93', ['32,26 52,8! 51,92', '31,92 73,91']),
  // 2: round with a flat foot; with a loop; angular; swan-necked
  styles(
    '20,28 36,9 62,10 74,30 58,57 20,90! 82,88',
    '20,27 42,8 70,18 66,46 38,78 20,88 18,76 34,72 56,87 84,86',
    '22,14 52,9 74,20 62,48! 18,89! 80,90',
    '26,34 30,12 56,7 72,26 62,52 36,76 24,91! 52,84 80,90',
  ),
  // 3: two bows; a flat top; a small loop at the waist; one flowing line
  styles(
    '22,19 46,7 70,21 62,40 42,47! 70,56 75,77 52,93 20,83',
    '22,10 73,10! 46,41! 70,50 77,72 52,92 20,85',
    '24,16 50,7 68,22 56,42 40,46 42,52 54,48 74,62 68,86 42,93 20,82',
    '26,22 44,8 66,16 66,34 48,48 70,62 68,86 40,92 24,80',
  ),
  // 4: open, in two strokes; closed, in one; closed with the stem apart; open and round
  styles(
    ['30,9 25,32 22,54! 52,53 82,50', '66,14 64,50 62,93'],
    '70,62 17,62! 60,7! 60,50 59,93',
    ['60,7 38,36 17,64! 85,61', '60,8 60,92'],
    ['26,10 22,36 32,52 52,53 70,40', '74,10 70,50 68,93'],
  ),
  // 5: in one stroke; with the hat written last; like an S
  styles(
    '76,10 31,10! 27,45! 52,39 75,55 72,81 46,93 20,84',
    ['31,12 28,46! 54,40 74,58 70,84 44,93 20,86', '31,12 77,9'],
    '74,11 42,9 31,28 42,45 66,54 73,76 54,92 23,86',
  ),
  // 6: from the upper right; upright; with a wide bowl
  styles(
    '66,7 40,28 24,60 36,90 62,90 74,68 58,52 36,58 26,72',
    '36,6 28,36 25,68 42,92 66,84 68,62 50,54 28,68',
    '60,9 32,36 20,70 42,93 74,88 80,66 56,56 26,70',
  ),
  // 7: plain; with a bar; with a serif; with a bent neck; with serif and bar
  styles(
    '18,12 79,12! 58,50 42,93',
    ['18,13 78,11! 58,48 44,93', '34,53 74,50'],
    '20,27 21,12! 80,12! 54,52 42,93',
    '16,20 38,11 60,16 80,10! 60,42 52,93',
    ['20,24 22,11! 80,13! 52,93', '32,50 72,52'],
  ),
  // 8: one crossing line; two rings; begun in the middle
  styles(
    '70,19 48,7 28,22 42,44 68,62 70,84 46,93 24,80 34,58 60,42 72,22 62,10',
    ['52,7 32,24 48,46 68,28 50,7', '49,46 24,70 48,93 75,72 52,46'],
    '48,46 30,28 48,7 68,22 54,44 28,64 28,86 54,93 72,76 46,45',
  ),
  // 9: a straight stem; a curled tail; an open loop; a round one
  styles(
    '72,20 50,8 27,26 40,49 66,40 73,16! 71,52 67,93',
    '72,26 52,8 28,24 40,48 68,36 74,18 76,56 60,90 28,87',
    '68,12 40,10 26,32 46,48 70,30 74,12! 68,50 54,93',
    '74,28 58,8 30,18 34,45 62,46 74,24 72,54 62,92',
  ),
];

/** One style an argument: its strokes, or its only stroke. */
function styles(...written: readonly (string | readonly string[])[]): Style[] {
  return written.map((style) => (typeof style === 'string' ? [style] : style).map(parseStroke));
}

function parseStroke(text: string): Stroke {
  return text.split(' ').map((point) => {
    const [x, y] = point.replace('!', '').split(',').map(Number) as [number, number];
    return { x: x / 100, y: y / 100, isCorner: point.endsWith('!') };
  });
}
