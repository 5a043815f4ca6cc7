/** Which stages and outputs there are, for references and for what to say when one is not there. */
import type { OutputKind } from '../model/stage.ts';
import type { Problems } from './problems.ts';
import type { Reference } from './references.ts';
import type { ShapedPipeline } from './shape-errors.ts';

export class StageIndex {
  readonly #outputs: ReadonlyMap<string, Readonly<Record<string, OutputKind>>>;
  readonly #broken: ReadonlySet<string>;
  readonly #problems: Problems;

  constructor({ pipeline, brokenStages }: ShapedPipeline, problems: Problems) {
    this.#outputs = new Map(
      Object.entries(pipeline.stages).map(([name, stage]) => [name, stage.outputs as Record<string, OutputKind>]),
    );
    this.#broken = brokenStages;
    this.#problems = problems;
  }

  has(stage: string): boolean {
    return this.#outputs.has(stage);
  }

  hasOutput(stage: string, output: string): boolean {
    const outputs = this.#outputs.get(stage);
    return outputs !== undefined && Object.hasOwn(outputs, output);
  }

  kindOf(stage: string, output: string): OutputKind | undefined {
    return this.hasOutput(stage, output) ? this.#outputs.get(stage)?.[output] : undefined;
  }

  /** The stage is in the file, but its shape is reported as faulty. */
  isBroken(stage: string): boolean {
    return this.#broken.has(stage);
  }

  /** `did you mean "fetch.data"?  (stage "fetch", line 4)`, or what there is. */
  suggestReference(reference: Exclude<Reference, { kind: 'path' }>): string | undefined {
    const { stage, output } = reference;
    const suggested = this.suggestOutput(`${stage}.${output}`, reference.kind === 'all' ? '[*]' : '');
    if (suggested !== undefined) return suggested;
    const outputs = this.#outputs.get(stage);
    if (outputs !== undefined)
      return `stage "${stage}", line ${this.#lineOf(stage)}, makes ${Object.keys(outputs).join(', ')}`;
    return this.#outputs.size > 20 ? undefined : `stages: ${[...this.#outputs.keys()].join(', ')}`;
  }

  /** The nearest `stage.output`; a stage's only output for the stage alone. */
  suggestOutput(text: string, brackets = ''): string | undefined {
    const alone = this.#outputs.get(text);
    if (alone !== undefined) return this.#suggest(`${text}.${Object.keys(alone)[0]}`, brackets);
    const hint = this.#problems.didYouMean(text, this.#references());
    const nearest = hint === undefined ? undefined : /^did you mean "(.*)"\?$/.exec(hint)?.[1];
    return nearest === undefined ? undefined : this.#suggest(nearest, brackets);
  }

  #suggest(reference: string, brackets: string): string {
    const stage = reference.slice(0, reference.indexOf('.'));
    const written = `${stage}${brackets}${reference.slice(stage.length)}`;
    return `did you mean "${written}"?  (stage "${stage}", line ${this.#lineOf(stage)})`;
  }

  *#references(): Generator<string> {
    for (const [stage, outputs] of this.#outputs) for (const output of Object.keys(outputs)) yield `${stage}.${output}`;
  }

  #lineOf(stage: string): number {
    return this.#problems.tree.locate({ path: ['stages', stage], part: 'key' }).location.line;
  }
}
