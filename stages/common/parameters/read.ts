/** The experiment's parameters: what each may be, and one sentence for each value that it may not. */
import { z } from 'zod';
import type { StageContext } from '../../../lib/stage-api/context.ts';
import { StageError } from '../../../lib/stage-api/stage-error.ts';
import { didYouMean, invalidParameter } from './invalid.ts';

/**
 * The named parameters of a stage, checked, each by its schema: a stage imports only the schemas of what it reads, so that a change of
 * what an attack may be told does not train M again. A matrix axis (`attack.variant`) replaces the value in its group (`attack`).
 * Throws StageError `parameter-invalid` for the first that is wrong: its path, its value, what is allowed.
 */
export function readParameters<S extends Record<string, z.ZodType>>(
  context: StageContext,
  schemas: S,
): { [name in keyof S]: z.infer<S[name]> } {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    const value = withAxes(name, context.params);
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw faultOf(name, schema, value, parsed.error.issues[0] as z.core.$ZodIssue);
    values[name] = parsed.data;
  }
  return values as { [name in keyof S]: z.infer<S[name]> };
}

function withAxes(name: string, params: StageContext['params']): unknown {
  const group = params[name];
  if (typeof group !== 'object' || group === null || Array.isArray(group)) return group;
  const axes = Object.entries(params).filter(([path]) => path.startsWith(`${name}.`));
  return { ...group, ...Object.fromEntries(axes.map(([path, value]) => [path.slice(name.length + 1), value])) };
}

function faultOf(name: string, schema: z.ZodType, value: unknown, issue: z.core.$ZodIssue): StageError {
  const path = [name, ...issue.path].join('.');
  const at = issue.path.reduce<unknown>((v, key) => (v as Record<PropertyKey, unknown> | undefined)?.[key], value);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((schema as z.ZodObject).shape);
    const key = issue.keys[0] as string;
    const allowed = `allowed under ${path}: ${known.join(', ')}`;
    return new StageError('parameter-invalid', `parameter ${path}.${key} is not known`, {
      hint: [didYouMean(key, known), allowed].filter((part) => part !== undefined).join(' '),
    });
  }
  const isWholeGroup = issue.path.length === 0 && schema instanceof z.ZodObject;
  return invalidParameter(path, at, isWholeGroup ? 'a map of parameters' : issue.message);
}
