/** The one byte encoding that is hashed: JSON with sorted keys, no white space and no value that has two spellings. */
import { InternalError } from './errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * Encodes a value as canonical JSON: object keys in UTF-8 byte order, numbers as ECMAScript prints them (RFC 8785 §3.2.2.3).
 * Throws InternalError on what JSON cannot say or says in two ways: undefined, NaN, infinities, -0, lone surrogates.
 */
export function canonicalJson(value: Json): string {
  return encode(value, '$');
}

/** Orders strings by their UTF-8 bytes. Unlike `<`, which compares UTF-16 units, it puts U+FFFF before U+10000. */
export function compareUtf8(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xIsSurrogate = (x & 0xf800) === 0xd800;
    const yIsSurrogate = (y & 0xf800) === 0xd800;
    // A surrogate stands for a code point above U+FFFF, so it sorts after every other unit.
    return xIsSurrogate === yIsSurrogate ? x - y : xIsSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

function encode(value: Json, at: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return encodeNumber(value, at);
  if (typeof value === 'string') return encodeString(value, at);
  if (Array.isArray(value)) return `[${value.map((item, i) => encode(item as Json, `${at}[${i}]`)).join(',')}]`;
  if (typeof value === 'object') {
    const object = value as JsonObject;
    const members = Object.keys(object)
      .sort(compareUtf8)
      .map((key) => `${encodeString(key, at)}:${encode(object[key] as Json, `${at}.${key}`)}`);
    return `{${members.join(',')}}`;
  }
  throw new InternalError(`canonical JSON cannot hold a ${typeof value} at ${at}`);
}

function encodeNumber(value: number, at: string): string {
  if (!Number.isFinite(value)) throw new InternalError(`canonical JSON cannot hold ${value} at ${at}`);
  if (Object.is(value, -0)) throw new InternalError(`canonical JSON cannot hold -0 at ${at}`);
  return JSON.stringify(value);
}

function encodeString(value: string, at: string): string {
  if (!value.isWellFormed()) throw new InternalError(`canonical JSON cannot hold a lone surrogate at ${at}`);
  return JSON.stringify(value);
}
