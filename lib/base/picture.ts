/** What kind of picture bytes are, by how they begin: a name's ending says nothing. */

/** The media type of a picture that browsers draw; undefined for anything else. */
export function imageType(bytes: Buffer): string | undefined {
  if (isPng(bytes)) return 'image/png';
  if (bytes.length > 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg';
  if (/^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))) return 'image/gif';
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return 'image/webp';
  // Inside an <img> an SVG can neither run a script nor fetch anything.
  return /^(\uFEFF)?\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(bytes.toString('utf8', 0, 1024))
    ? 'image/svg+xml'
    : undefined;
}

/** Width and height in pixels of a PNG; null for other forms, of which the browser finds out itself. */
export function imageSize(bytes: Buffer): { width: number; height: number } | null {
  if (!isPng(bytes) || bytes.length < 24) return null;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function isPng(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n';
}
