/** Reads single values of a stage: templates resolved, types checked, faults reported in their place. */
import type { Json } from '../base/canonical-json.ts';
import type { SourceLocation } from '../model/diagnostic.ts';
import type { ParamScope, TemplateProblem } from './param-scope.ts';
import type { Problems } from './problems.ts';
import { describe } from './describe-value.ts';
import type { TreePath } from './yaml-tree.ts';
import type { Result } from '../base/result.ts';

export class FieldReader {
  readonly stage: string;
  readonly problems: Problems;
  readonly #reportsElsewhere: boolean;

  /** `hasParamFaults`: faults that lie in params themselves are reported, and not repeated at every use. */
  constructor(stage: string, problems: Problems, hasParamFaults: boolean) {
    this.stage = stage;
    this.problems = problems;
    this.#reportsElsewhere = !hasParamFaults;
  }

  report(
    code: string,
    at: TreePath,
    message: string,
    options: { hint?: string | undefined; within?: string; part?: 'key' } = {},
  ): void {
    const { hint, ...blame } = options;
    this.problems.addOnce(code, { path: this.#path(at), ...blame }, `stage "${this.stage}": ${message}`, hint);
  }

  locate(at: TreePath, part: 'key' | 'value' = 'value'): SourceLocation {
    return this.problems.tree.locate({ path: this.#path(at), part }).location;
  }

  /** The value with its templates resolved; undefined when that failed, which is then reported. */
  value(scope: ParamScope, raw: Json, at: TreePath): Json | undefined {
    return this.#unwrap(scope.resolve(raw), at);
  }

  /** A value that must be, or give, a scalar, as text. `escape` is applied to what params put into it. */
  text(scope: ParamScope, raw: Json, at: TreePath, escape?: (value: string) => string): string | undefined {
    if (typeof raw !== 'string') return String(raw);
    const value = this.#unwrap(scope.text(raw, escape), at);
    if (value === undefined) return undefined;
    if (typeof value !== 'object') return String(value);
    this.report('wrong-type', at, `this must be text; "${raw}" gives ${describe(value)}.`);
    return undefined;
  }

  /** A whole number of at least `minimum`. */
  wholeNumber(scope: ParamScope, raw: Json, at: TreePath, minimum = 0): number | undefined {
    const value = this.value(scope, raw, at);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum) return value;
    const gives = typeof raw === 'string' ? `"${raw}" gives` : 'found';
    this.report('wrong-type', at, `this must be a whole number of at least ${minimum}; ${gives} ${describe(value)}.`);
    return undefined;
  }

  /** The param at a dotted path. */
  param(scope: ParamScope, path: string, at: TreePath): Json | undefined {
    return this.#unwrap(scope.param(path), at);
  }

  #unwrap(result: Result<Json, TemplateProblem>, at: TreePath): Json | undefined {
    if (result.ok) return result.value;
    const { code, message, hint, source, isLookup, isElsewhere } = result.error;
    if (isLookup) this.problems.addOnce(code, { path: this.#path(at) }, message, hint, message);
    else if (!isElsewhere || this.#reportsElsewhere) {
      this.report(code, at, message, { hint, ...(source === undefined ? {} : { within: source }) });
    }
    return undefined;
  }

  #path(at: TreePath): TreePath {
    return ['stages', this.stage, ...at];
  }
}
