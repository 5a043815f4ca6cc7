/** The params of one run: what the file declares, changed by a profile, then by `--set`. */
import type { Json, JsonObject } from '../base/canonical-json.ts';
import { isMap, listPaths } from './param-tree.ts';
import { ParamScope, type TemplateProblem } from './param-scope.ts';
import type { Problems } from './problems.ts';
import { describe, typeName } from './describe-value.ts';
import type { PipelineShape } from './shape.ts';
import { parseYamlTree, type Blame, type TreePath } from './yaml-tree.ts';

export interface Params {
  readonly scope: ParamScope;
  /** Every template resolved; empty when `hasFaults`. */
  readonly values: JsonObject;
  /** Faults in templates of params; they are reported. */
  readonly hasFaults: boolean;
}

/** Where a change of params comes from, for its errors. */
interface ChangeSource {
  report(code: 'unknown-param' | 'wrong-type', keys: readonly string[], message: string, hint?: string): void;
}

export function readParams(
  shape: PipelineShape,
  profile: string | null,
  overrides: readonly string[],
  problems: Problems,
): Params {
  const declared = (shape.params ?? {}) as JsonObject;
  const profiles = (shape.profiles ?? {}) as Record<string, JsonObject>;
  checkKeys(declared, ['params'], problems);
  checkNotes(shape, problems);

  // Every profile is checked, chosen or not: a fault in one must not wait for its first use.
  let tree = declared;
  const origins = new Map<string, TreePath>();
  for (const [name, overlay] of Object.entries(profiles)) {
    checkKeys(overlay, ['profiles', name], problems);
    const changed = mergeParams(declared, overlay, declared, profileSource(name, declared, problems));
    if (name !== profile) continue;
    tree = changed;
    for (const path of listPaths(overlay)) origins.set(path, ['profiles', name, ...path.split('.')]);
  }
  if (profile !== null && !Object.hasOwn(profiles, profile))
    reportUnknownProfile(profile, Object.keys(profiles), problems);
  for (const override of overrides) tree = applyOverride(tree, declared, override, problems, origins);

  const scope = new ParamScope(tree);
  let hasFaults = false;
  for (const { path, problem } of scope.faults()) {
    hasFaults = true;
    reportFault(path, problem, origins, problems);
  }
  const values = hasFaults ? undefined : scope.resolve(tree);
  return { scope, values: values?.ok === true ? (values.value as JsonObject) : {}, hasFaults };
}

/**
 * `over` laid over `current`: maps are merged, everything else replaced. `declared`, the file's own params, says what there is to
 * change and of which type: what it leaves open, with null or an empty map, may be filled in freely.
 */
function mergeParams(
  current: JsonObject,
  over: JsonObject,
  declared: JsonObject,
  source: ChangeSource,
  at: readonly string[] = [],
): JsonObject {
  const merged: Record<string, Json> = { ...current };
  for (const [key, value] of Object.entries(over)) {
    const keys = [...at, key];
    const known = Object.hasOwn(declared, key) ? declared[key] : undefined;
    const before = merged[key];
    if (known === undefined) {
      source.report('unknown-param', keys, `there is no param "${keys.join('.')}" to change.`);
    } else if (!isSameType(known, value)) {
      const message = `the param "${keys.join('.')}" is declared as ${typeName(known)}; found ${describe(value)}.`;
      source.report('wrong-type', keys, message);
    } else if (isMap(known) && isMap(value) && isMap(before) && Object.keys(known).length > 0) {
      merged[key] = mergeParams(before, value, known, source, keys);
    } else {
      merged[key] = isMap(before) && isMap(value) ? mergeFreely(before, value) : value;
    }
  }
  return merged;
}

function mergeFreely(before: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...before };
  for (const [key, value] of Object.entries(over)) {
    const old = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isMap(old) && isMap(value) ? mergeFreely(old, value) : value;
  }
  return merged;
}

/** Null is declared for "to be filled in", and a template for what it will give: both accept anything. */
function isSameType(declared: Json, value: Json): boolean {
  return (
    declared === null || isWholeTemplate(declared) || isWholeTemplate(value) || typeName(declared) === typeName(value)
  );
}

function isWholeTemplate(value: Json): boolean {
  return typeof value === 'string' && /^\$\{[^{}]*\}$/.test(value);
}

function applyOverride(
  tree: JsonObject,
  declared: JsonObject,
  override: string,
  problems: Problems,
  origins: Map<string, TreePath>,
): JsonObject {
  const refuse = (message: string, hint?: string) => {
    problems.add('bad-override', null, `--set ${override}: ${message}`, hint);
    return tree;
  };
  const equals = override.indexOf('=');
  if (equals < 1) return refuse('write a param, "=" and a value.', '--set attack.count=600');
  const path = override.slice(0, equals).trim();
  const parsed = parseYamlTree(override.slice(equals + 1), '--set');
  if (!parsed.ok) return refuse('the value is not YAML.', `quote it: --set '${path}="…"'`);
  const { value, faults } = parsed.value;
  if (faults[0] !== undefined) return refuse(faults[0].message);

  let hasFault = false;
  const source: ChangeSource = {
    report: (code, keys, message, hint) => {
      hasFault = true;
      const full = keys.join('.');
      if (code === 'unknown-param') {
        problems.add(code, null, `--set ${override}: ${message}`, hint ?? problems.didYouMean(full, listPaths(tree)));
      } else {
        const wantsText = typeof value !== 'string' && !isMap(value) && message.includes('declared as text');
        refuse(message, wantsText ? `quote it: --set '${path}="${override.slice(equals + 1)}"'` : hint);
      }
    },
  };
  const change = path.split('.').reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
  const changed = mergeParams(tree, change as JsonObject, declared, source);
  if (hasFault) return tree;
  // The value has no place in the file; its nearest is the param it replaces.
  for (const known of [...origins.keys()]) if (known === path || known.startsWith(`${path}.`)) origins.delete(known);
  return changed;
}

function profileSource(name: string, declared: JsonObject, problems: Problems): ChangeSource {
  return {
    report: (code, keys, message) => {
      const hint = code === 'unknown-param' ? problems.didYouMean(keys.join('.'), listPaths(declared)) : undefined;
      const part = code === 'unknown-param' ? 'key' : 'value';
      problems.add(code, { path: ['profiles', name, ...keys], part }, `profile "${name}": ${message}`, hint);
    },
  };
}

/** A key with a dot could not be told from a path; one with a brace could not stand in a template. */
function checkKeys(tree: Json, path: TreePath, problems: Problems): void {
  if (Array.isArray(tree)) for (const [i, item] of tree.entries()) checkKeys(item as Json, [...path, i], problems);
  if (!isMap(tree)) return;
  // What lies in a list has no path, so that a dot there misleads nobody: a matrix names its axes so.
  const allowed = path.some((key) => typeof key === 'number') ? /^[^\s${}[\]]+$/ : /^[^\s.${}[\]]+$/;
  for (const [key, value] of Object.entries(tree)) {
    if (!allowed.test(key)) {
      const message = `the param name "${key}" may not be empty or hold spaces, dots, "$", brackets or braces.`;
      problems.add('bad-name', { path: [...path, key], part: 'key' }, message);
    }
    checkKeys(value, [...path, key], problems);
  }
}

function checkNotes(shape: PipelineShape, problems: Problems): void {
  const profiles = Object.keys(shape.profiles ?? {});
  for (const name of Object.keys(shape.notes ?? {})) {
    if (profiles.includes(name)) continue;
    const blame: Blame = { path: ['notes', name], part: 'key' };
    problems.add('unknown-profile', blame, `there is no profile "${name}".`, problems.didYouMean(name, profiles));
  }
}

function reportUnknownProfile(name: string, profiles: readonly string[], problems: Problems): void {
  const known = profiles.length === 0 ? 'the pipeline has no profiles' : `profiles: ${profiles.join(', ')}`;
  problems.add('unknown-profile', null, `there is no profile "${name}".`, problems.didYouMean(name, profiles) ?? known);
}

function reportFault(
  path: string,
  problem: TemplateProblem,
  origins: ReadonlyMap<string, TreePath>,
  problems: Problems,
): void {
  const bare = path.replace(/\[.*$/, '');
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  const steps = keys.map((key, i) => (i >= bare.split('.').length && /^\d+$/.test(key) ? Number(key) : key));
  let origin: TreePath = ['params', ...steps];
  // A profile may have replaced the param or a map around it.
  for (let length = keys.length; length > 0; length--) {
    const found = origins.get(keys.slice(0, length).join('.'));
    if (found === undefined) continue;
    origin = [...found, ...steps.slice(length)];
    break;
  }
  const blame = problem.source === undefined ? { path: origin } : { path: origin, within: problem.source };
  problems.add(problem.code, blame, problem.message, problem.hint);
}
