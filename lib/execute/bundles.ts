/** The program texts of one run: instances of one matrix stage share theirs. */
import type { Action } from '../model/action.ts';
import { bundleProgram, type Bundle } from '../plan/bundle-program.ts';
import { editedBeforeStart } from './stage-problem.ts';

export class Bundles {
  readonly #projectRoot: string;
  readonly #texts = new Map<string, Bundle>();

  constructor(projectRoot: string) {
    this.#projectRoot = projectRoot;
  }

  /** The text made of exactly the files that `code` names by digest. Throws UserError 'tainted-by-edit' when these have moved on. */
  async textOf(program: string, code: Action['code']): Promise<string> {
    const known = this.#texts.get(program);
    const bundle = known !== undefined && differing(known, code).length === 0 ? known : await this.#build(program);
    const edited = differing(bundle, code);
    if (edited.length > 0) throw editedBeforeStart(edited);
    return bundle.text;
  }

  async #build(program: string): Promise<Bundle> {
    const bundle = await bundleProgram(this.#projectRoot, program);
    this.#texts.set(program, bundle);
    return bundle;
  }
}

function differing(bundle: Bundle, code: Action['code']): readonly string[] {
  return Object.keys(bundle.code).filter((path) => bundle.code[path] !== code[path]);
}
