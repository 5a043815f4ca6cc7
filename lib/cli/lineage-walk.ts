/**
 * Walks the recorded graph of artifacts from one of them, both ways. In each direction an artifact's own tree is shown once: a
 * dataset that ten stages read would else be ten trees.
 */
import type { Digest } from '../base/digest.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { ArtifactUse } from '../model/run.ts';
import type { LineageNode } from '../report/render-lineage.ts';
import { nameOf } from './resolve-artifact.ts';

export class LineageWalk {
  readonly #lineage: Lineage;

  constructor(lineage: Lineage) {
    this.#lineage = lineage;
  }

  /** The artifact alone. `name`: as asked for, when it was asked for by name. */
  node(artifact: Digest, name: string | null): LineageNode {
    const maker = this.#lineage.producersOf(artifact).at(-1);
    return {
      digest: artifact,
      name: name ?? nameOf(this.#lineage, artifact) ?? 'of unknown origin',
      madeBy: maker === undefined ? null : { runId: maker.runId, executionId: maker.executionId },
      usedAs: null,
      isRepeated: false,
      next: [],
    };
  }

  /** What it was made from, by the latest execution that made it, and so on up. */
  up(artifact: Digest, seen = new Set<Digest>()): LineageNode[] {
    return this.#inputsOf(artifact).map(({ name, label, artifact: input, path }) => {
      const usedAs = inputName(name, label);
      // Read from the project, it came from there, whichever stage may have made the same bytes.
      if (path !== null) return { ...this.node(input, `./${path}`), madeBy: null, usedAs };
      const isRepeated = seen.has(input) && this.#inputsOf(input).length > 0;
      const next = seen.has(input) ? [] : this.up(input, seen.add(input));
      return { ...this.node(input, null), usedAs, isRepeated, next };
    });
  }

  /** What was made from it, by every execution that read it, and so on down. */
  down(artifact: Digest, seen = new Set<Digest>()): LineageNode[] {
    return this.#madeFrom(artifact).map(({ use, output, artifact: made }) => {
      const isRepeated = seen.has(made) && this.#madeFrom(made).length > 0;
      const next = seen.has(made) ? [] : this.down(made, seen.add(made));
      const madeBy = { runId: use.runId, executionId: use.executionId };
      const usedAs = inputName(use.name, use.label);
      return { ...this.node(made, `${use.instance}.${output}`), madeBy, usedAs, isRepeated, next };
    });
  }

  #inputsOf(artifact: Digest): ReturnType<Lineage['inputsOf']> {
    const maker = this.#lineage.producersOf(artifact).at(-1);
    return maker === undefined ? [] : this.#lineage.inputsOf(maker.executionId);
  }

  /** Two executions of one stage that came to the same bytes are one artifact. */
  #madeFrom(artifact: Digest): { use: ArtifactUse; output: string; artifact: Digest }[] {
    const made = new Map<string, { use: ArtifactUse; output: string; artifact: Digest }>();
    for (const use of this.#lineage.consumersOf(artifact)) {
      for (const { name, artifact: output } of this.#lineage.outputsOf(use.executionId)) {
        made.set(`${use.instance}.${name} ${output}`, { use, output: name, artifact: output });
      }
    }
    return [...made.values()];
  }
}

/** `metrics[chosen=7]` for a member of a fan-in. */
function inputName(name: string, label: string | null): string {
  return label === null ? name : `${name}[${label}]`;
}
