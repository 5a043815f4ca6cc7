/** Params as a tree addressed by dotted paths. */
import type { Json, JsonObject } from '../base/canonical-json.ts';

export function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether one path is the other or lies inside it. */
export function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

/** The dotted path of every param, maps included, in the order of the file. */
export function listPaths(tree: JsonObject, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = prefix + key;
    return isMap(value) ? [path, ...listPaths(value, `${path}.`)] : [path];
  });
}

/** Every text in a value with the path of the param that holds it. List items have the path of their list and an index. */
export function* textsIn(value: Json, path: string): Generator<{ path: string; text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* textsIn(item as Json, `${path}[${i}]`);
  else if (isMap(value))
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, path === '' ? key : `${path}.${key}`);
}

/** A copy in which the param at `path` is `value`. Copies only the maps on the way. */
export function withParam(tree: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return tree;
  const child = tree[key];
  return { ...tree, [key]: rest.length === 0 ? value : withParam(isMap(child) ? child : {}, rest, value) };
}
