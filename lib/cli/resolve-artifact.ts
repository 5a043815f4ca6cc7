/** From what a user types to an artifact: `merge.data`, `poison[chosen=7].data`, or the first digits of a digest. */
import type { Digest } from '../base/digest.ts';
import { nearestName } from '../base/did-you-mean.ts';
import type { Pipeline, StageInstance } from '../model/stage.ts';
import { Planner } from '../plan/planner.ts';
import { refuseContradicted } from '../plan/vouched-outputs.ts';
import { renderCandidates } from '../report/render-artifact.ts';
import { dotOfOutput, findInstances, plannerDeps, planTargets } from './planning.ts';
import { loadPipeline, optionsText, type PipelineOptions } from './project.ts';
import type { Session } from './session.ts';
import { UsageError } from './usage-error.ts';
import type { Parts } from './wire.ts';

export interface ResolvedArtifact {
  readonly digest: Digest;
  /** As asked for; null when asked for by digest. */
  readonly name: string | null;
  /** Whether the pipeline as it stands makes it; null when asked for by digest. */
  readonly isCurrent: boolean | null;
}

/** What names are resolved in, and the options that made it so. */
interface LoadedProject {
  readonly pipeline: Pipeline;
  readonly planner: Planner;
  readonly options: PipelineOptions;
}

/** Shorter prefixes name too much. */
const SHORTEST_PREFIX = 4;

/** Throws UsageError `unknown-artifact`, `ambiguous-artifact`, `unknown-stage`, `unknown-output` or `not-made`. */
export function resolveArtifact(
  parts: Parts,
  session: Session,
  text: string,
  options: PipelineOptions,
): Promise<ResolvedArtifact> {
  return artifactResolver(parts, session, options)(text);
}

/** Resolves several artifacts as resolveArtifact does one, and looks at the project only once. */
export function artifactResolver(
  parts: Parts,
  session: Session,
  options: PipelineOptions,
): (text: string) => Promise<ResolvedArtifact> {
  let project: LoadedProject | undefined;
  return async (text) => {
    const hex = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(text)?.[1];
    if (hex !== undefined) return { digest: resolvePrefix(parts, hex), name: null, isCurrent: null };
    if (project === undefined) {
      const pipeline = await loadPipeline(parts.projectRoot, session, options);
      project = { pipeline, planner: new Planner(plannerDeps(parts, session, pipeline, new Set())), options };
    }
    return resolveOutput(parts, session, project, text);
  };
}

function resolvePrefix({ lineage, store }: Parts, hex: string): Digest {
  if (hex.length < SHORTEST_PREFIX) {
    throw new UsageError('unknown-artifact', `"${hex}" is too short for a digest`, {
      hint: `give at least ${SHORTEST_PREFIX} hex digits`,
    });
  }
  const known = lineage.findArtifactByPrefix(hex);
  const found = known.length > 0 ? known : store.findByPrefix(hex).filter((digest) => isArtifact(store, digest));
  const [only, ...others] = found;
  if (only === undefined) {
    throw new UsageError('unknown-artifact', `no artifact's digest begins with ${hex}`, {
      hint: 'assay lineage <stage.output> lists the digests around an output',
    });
  }
  if (others.length === 0) return only;
  const candidates = found.map((digest) => ({ digest, name: nameOf(lineage, digest) ?? '' }));
  throw new UsageError('ambiguous-artifact', `${found.length} artifacts' digests begin with ${hex}`, {
    hint: `give more digits:\n${indent(renderCandidates(candidates))}`,
  });
}

/** `merge.data`, from the latest execution that made it; `./data` for what was read as such; undefined where neither is known. */
export function nameOf(lineage: Parts['lineage'], artifact: Digest): string | undefined {
  const maker = lineage.producersOf(artifact).at(-1);
  if (maker !== undefined) return `${maker.instance}.${maker.name}`;
  const path = lineage.projectPathOf(artifact);
  return path === undefined ? undefined : `./${path}`;
}

async function resolveOutput(
  parts: Parts,
  session: Session,
  { pipeline, planner, options }: LoadedProject,
  text: string,
): Promise<ResolvedArtifact> {
  const { instance, output } = findOutput(pipeline, text);
  const name = `${instance.id}.${output}`;
  const plan = await planTargets(parts, session, pipeline, [instance.id], new Set(), planner);
  const step = plan.steps.find((each) => each.instance === instance);
  if (step?.verdict.state === 'cached') {
    const { key, outputs } = step.verdict;
    const digest = outputs[output];
    const executionId = parts.lineage.findResult(key)?.executionId;
    if (executionId !== undefined) refuseContradicted(instance.id, executionId, outputs, parts);
    if (digest !== undefined) return { digest, name, isCurrent: true };
  }
  // What is stale by damage alone is the pipeline's own all the same; who reads it is told what is wrong with it.
  const damaged = step?.verdict.state === 'stale' ? parts.lineage.findResult(step.verdict.key) : undefined;
  const latest = parts.lineage.findLatestAction(instance.id);
  const result = damaged ?? (latest === undefined ? undefined : parts.lineage.findResult(latest.key));
  if (result !== undefined) refuseContradicted(instance.id, result.executionId, result.outputs, parts);
  const digest = result?.outputs[output];
  if (digest !== undefined) return { digest, name, isCurrent: damaged !== undefined };
  throw new UsageError('not-made', `${name} has not been made yet`, {
    hint: `assay run '${name}'${optionsText(options)}`,
  });
}

function findOutput(pipeline: Pipeline, text: string): { instance: StageInstance; output: string } {
  const dot = dotOfOutput(text);
  if (dot < 0) return { instance: oneInstance(pipeline, text), output: onlyOutput(pipeline, text) };
  const instance = oneInstance(pipeline, text.slice(0, dot), text.slice(dot));
  const output = text.slice(dot + 1);
  if (Object.hasOwn(instance.outputs, output)) return { instance, output };
  const outputs = Object.keys(instance.outputs);
  const nearest = nearestName(output, outputs);
  throw new UsageError('unknown-output', `stage ${instance.id} has no output "${output}"`, {
    hint: nearest === undefined ? `its outputs are ${outputs.join(', ')}` : `did you mean "${instance.id}.${nearest}"?`,
  });
}

function oneInstance(pipeline: Pipeline, name: string, suffix = ''): StageInstance {
  const found = findInstances(pipeline, name);
  const [instance, ...others] = found;
  if (instance !== undefined && others.length === 0) return instance;
  throw new UsageError('ambiguous-artifact', `stage ${name} has ${found.length} instances`, {
    hint: `name one:\n${indent(found.map(({ id }) => `${id}${suffix}`))}`,
  });
}

/** A stage alone names its output when it has but one. */
function onlyOutput(pipeline: Pipeline, name: string): string {
  const [output, ...others] = Object.keys(oneInstance(pipeline, name).outputs);
  if (output !== undefined && others.length === 0) return output;
  throw new UsageError('ambiguous-artifact', `stage ${name} has several outputs`, {
    hint: `name one:\n${indent([output ?? '', ...others].map((each) => `${name}.${each}`))}`,
  });
}

function isArtifact(store: Parts['store'], digest: Digest): boolean {
  try {
    store.readManifest(digest);
    return true;
  } catch {
    // A blob of a file or of a log: it has a digest, but is no artifact.
    return false;
  }
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n');
}
