/** How exports name things for the world: the same thing has the same name in each format. */
import { canonicalJson, type Json } from '../../base/canonical-json.ts';
import { digestHex, digestRecord, type Digest } from '../../base/digest.ts';
import type { Execution } from '../../model/run.ts';

/** Stands for Assay wherever a format asks for the address of what wrote it. */
export const PRODUCER = 'https://example.org/assay';

/** An artifact, by the sha256 of its manifest. */
export function artifactUrn(digest: Digest): string {
  return `urn:sha256:${digestHex(digest)}`;
}

/** One execution: two of one key never run at one time. Not by its row number, which a rebuilt database gives anew. */
export function executionUuid({ key, startedAtMs }: Execution): string {
  return uuidOf(digestRecord('execution-id/v1', { key, startedAtMs }));
}

/** A UUID of version 8 from the first 122 bits that fit: RFC 9562 section 5.8 and appendix B.2, which names SHA-256. */
export function uuidOf(digest: Digest): string {
  const hex = digestHex(digest);
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

/** JSON for people and tools: indented, keys in UTF-8 byte order, the same bytes for the same value. */
export function prettyJson(value: Json): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 2)}\n`;
}
