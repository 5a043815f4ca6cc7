/** Gathers all that a page tells of a run. Changes nothing. */
import { basename } from 'node:path';
import type { RunVerdict } from '../../audit/verify/verify-run.ts';
import type { Digest } from '../../base/digest.ts';
import type { Run } from '../../model/run.ts';
import type { Pipeline } from '../../model/stage.ts';
import type {
  ArtifactFacts,
  AuditFacts,
  Capped,
  InstanceFacts,
  MetricsDocument,
  Picture,
  RunFacts,
  ShownText,
} from '../../report/page/facts.ts';
import type { Session } from '../session.ts';
import { ASSAY_VERSION } from '../version.ts';
import type { Parts } from '../wire.ts';
import type { ContentReader } from './content-reader.ts';
import { readInstances } from './instance-facts.ts';
import { pipelineOfRun } from './run-pipeline.ts';
import { edgesOfHistory, edgesOfPipeline } from './stage-edges.ts';

/** Pictures are what makes a page large: so many, of so many bytes together. Base64 adds a third. */
const MOST_PICTURES = 24;
const MOST_PICTURE_BYTES = 2_000_000;
/** Texts without a `show:` that names them: those of the last stages. */
const MOST_TEXTS = 4;

export interface FactsRequest {
  readonly run: Run;
  readonly content: ContentReader;
  /** Holds artifacts against their names before they are read; null: nothing is checked. */
  readonly check: ((artifacts: readonly ArtifactFacts[]) => AuditFacts) | null;
}

export async function gatherRunFacts(
  { run, content, check }: FactsRequest,
  parts: Parts,
  session: Session,
): Promise<RunFacts> {
  const { lineage, projectRoot } = parts;
  const ofThen = await pipelineOfRun(projectRoot, session, run);
  const executions = lineage.executionsOfRun(run.id);
  const instances = readInstances(parts, run.id, executions, ofThen?.instances ?? []);
  const artifacts = listArtifacts(parts, instances);
  // Before anything is read: what the store finds altered while it reads, it moves away.
  const audit = check === null ? null : check(artifacts);
  const readable = artifacts.filter(({ digest }) => audit?.verdict.artifacts.get(digest) !== 'damaged');
  return {
    project: basename(projectRoot),
    run,
    madeAtMs: session.clock.nowMs(),
    assayVersion: ASSAY_VERSION,
    instances,
    edges: ofThen === undefined ? edgesOfHistory(instances) : edgesOfPipeline(ofThen.instances),
    source: ofThen === undefined ? 'history' : 'pipeline',
    executions,
    artifacts,
    documents: readDocuments(instances, content, audit?.verdict),
    pictures: readPictures(readable, content),
    texts: readTexts(instances, readable, ofThen?.pipeline, content),
    dataset: datasetName(parts, instances),
    paper: paperNumbers(parts, instances),
    classes: readable.filter(({ kind }) => kind === 'dataset').map(({ digest }) => content.classes(digest))[0] ?? [],
    audit,
  };
}

function listArtifacts({ lineage }: Parts, instances: readonly InstanceFacts[]): ArtifactFacts[] {
  const found = new Map<Digest, { names: Set<string>; kind: ArtifactFacts['kind'] }>();
  const add = (digest: Digest, name: string, kind: ArtifactFacts['kind']): void => {
    const known = found.get(digest) ?? { names: new Set(), kind };
    known.names.add(name);
    found.set(digest, { ...known, kind: known.kind ?? kind });
  };
  for (const { instance, inputs, outputs } of instances) {
    for (const { artifact, path } of inputs) if (path !== null) add(artifact, `./${path}`, null);
    for (const { name, kind, artifact } of outputs) add(artifact, `${instance}.${name}`, kind);
  }
  return [...found].map(([digest, { names, kind }]) => {
    const { sizeBytes = null, fileCount = null } = lineage.findArtifact(digest) ?? {};
    return { digest, names: [...names], kind, sizeBytes, fileCount };
  });
}

function readDocuments(
  instances: readonly InstanceFacts[],
  content: ContentReader,
  verdict: RunVerdict | undefined,
): MetricsDocument[] {
  return instances.flatMap(({ instance, stage, coordinates, outputs }) =>
    outputs
      .filter(({ kind }) => kind === 'metrics')
      .map(({ name: output, artifact }) => {
        const isDamaged = verdict?.artifacts.get(artifact) === 'damaged';
        const found = isDamaged ? { problem: 'it is not what its digest says' } : content.metrics(artifact);
        return { instance, stage, output, coordinates, artifact, content: found };
      }),
  );
}

function readPictures(artifacts: readonly ArtifactFacts[], content: ContentReader): Capped<Picture> {
  const images = artifacts.filter(({ kind }) => kind === 'image');
  const shown: Picture[] = [];
  let leftBytes = MOST_PICTURE_BYTES;
  for (const { digest, names, sizeBytes } of images) {
    if (shown.length === MOST_PICTURES) break;
    const picture = (sizeBytes ?? 0) > leftBytes ? undefined : content.picture(digest, MOST_PICTURE_BYTES);
    if (picture === undefined) continue;
    shown.push({ artifact: digest, names, ...picture });
    leftBytes -= sizeBytes ?? 0;
  }
  return { shown, total: images.length };
}

/** What `show:` names; where the pipeline of then is not known, the text files of the last stages. */
function readTexts(
  instances: readonly InstanceFacts[],
  artifacts: readonly ArtifactFacts[],
  pipeline: Pipeline | undefined,
  content: ContentReader,
): ShownText[] {
  const readable = new Set(artifacts.map(({ digest }) => digest));
  const wanted = pipeline && new Set(pipeline.show.map(({ instance, output }) => `${instance}.${output}`));
  const files = instances.flatMap(({ instance, outputs }) =>
    outputs
      .filter(({ kind, artifact }) => kind === 'file' && readable.has(artifact))
      .map(({ name, artifact }) => ({ name: `${instance}.${name}`, artifact })),
  );
  const chosen = wanted === undefined ? files.filter(({ name }) => name.endsWith('.txt')).slice(-MOST_TEXTS) : files;
  return chosen
    .filter(({ name }) => wanted?.has(name) ?? true)
    .flatMap(({ name, artifact }) => {
      const text = content.text(artifact);
      return text === undefined ? [] : [{ name, artifact, text }];
    });
}

function datasetName(parts: Parts, instances: readonly InstanceFacts[]): string | null {
  return firstParam(parts, instances, 'dataset', (value) => (typeof value === 'string' ? value : null));
}

/** In pipeline.yaml they stand as the paper prints them, in percent. */
function paperNumbers(parts: Parts, instances: readonly InstanceFacts[]): RunFacts['paper'] {
  return firstParam(parts, instances, 'paper', (value) => {
    const { chosen, others } = (value ?? {}) as { chosen?: unknown; others?: unknown };
    return typeof chosen === 'number' && typeof others === 'number'
      ? { chosen: chosen / 100, others: others / 100 }
      : null;
  });
}

/** The param of the first stage whose value `read` can read. */
function firstParam<T>(
  { lineage }: Parts,
  instances: readonly InstanceFacts[],
  name: string,
  read: (value: unknown) => T | null,
): T | null {
  for (const { execution } of instances) {
    const value = execution === null ? undefined : lineage.findExecution(execution.id)?.action.params[name];
    const found = read(value);
    if (found !== null) return found;
  }
  return null;
}
