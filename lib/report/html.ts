/** Text inside HTML, and records as pictures inside it. */
import { encode } from 'fast-png';
import { imageAt, type Split } from '../dataset/split.ts';

/** For element content and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** An `<img>` of one record, its pixels drawn `scale` times as large, sharp. `alt` says what a reader cannot see. */
export function recordImage(split: Split, index: number, alt: string, scale: number): string {
  const [height, width, channels] = split.shape;
  const png = encode({ width, height, channels: channels === 1 ? 1 : 3, depth: 8, data: colours(split, index) });
  const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return `<img src="${source}" alt="${escapeHtml(alt)}" width="${width * scale}" height="${height * scale}">`;
}

/** PNG knows grey and RGB: of other numbers of channels the first one or three are drawn. */
function colours(split: Split, index: number): Uint8Array {
  const channels = split.shape[2];
  const pixels = imageAt(split, index);
  if (channels === 1 || channels === 3) return Uint8Array.from(pixels);
  const drawn = new Uint8Array((pixels.length / channels) * 3);
  for (let i = 0; i * channels < pixels.length; i++) {
    for (let c = 0; c < 3; c++) drawn[3 * i + c] = pixels[i * channels + Math.min(c, channels - 1)] as number;
  }
  return drawn;
}
