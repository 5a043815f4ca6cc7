/** Finds the project a command speaks of and reads its pipeline. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { shellQuote } from '../base/shell-quote.ts';
import type { Pipeline } from '../model/stage.ts';
import type { Session } from './session.ts';
import { orThrow, UsageError } from './usage-error.ts';

export const PIPELINE_FILE = 'pipeline.yaml';
/** The param that says where published files are fetched from, and the variable that fills it where the file leaves it null. */
const MIRROR_PARAM = 'mirror';
const MIRROR_VARIABLE = 'ASSAY_MIRROR';

/** `--profile` and `--set`, on every command that reads the pipeline. */
export interface PipelineOptions {
  readonly profile?: string;
  readonly set?: readonly string[];
}

/** The options as typed, to go on with: ` --profile mnist --set 'a=1'`. */
export function optionsText({ profile, set = [] }: PipelineOptions): string {
  const words = [...(profile === undefined ? [] : ['--profile', profile]), ...set.flatMap((one) => ['--set', one])];
  return words.map((word) => ` ${shellQuote(word)}`).join('');
}

/** The folder that holds pipeline.yaml: `--project`, or the nearest from the working directory upwards. */
export function findProjectRoot(session: Session): string {
  if (session.projectOption !== undefined) {
    const root = resolve(session.cwd, session.projectOption);
    if (existsSync(join(root, PIPELINE_FILE))) return root;
    throw new UsageError('no-pipeline', `${root} holds no ${PIPELINE_FILE}`, { hint: 'assay init writes a small one' });
  }
  for (let folder = session.cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, PIPELINE_FILE))) return folder;
    if (dirname(folder) !== folder) continue;
    throw new UsageError('no-pipeline', `neither ${session.cwd} nor a folder above it holds a ${PIPELINE_FILE}`, {
      hint: 'assay init writes a small one; --project DIR names another folder',
    });
  }
}

/** Reads and checks pipeline.yaml. Throws PipelineError with all that is wrong in it. */
export async function loadPipeline(projectRoot: string, session: Session, options: PipelineOptions): Promise<Pipeline> {
  const { parsePipeline } = await import('../pipeline/parse-pipeline.ts');
  const text = readFileSync(join(projectRoot, PIPELINE_FILE), 'utf8');
  const parse = (overrides: readonly string[]): Pipeline =>
    orThrow(parsePipeline(text, { file: PIPELINE_FILE, projectRoot, profile: options.profile ?? null, overrides }));

  const overrides = (options.set ?? []).map((override) => withAbsoluteMirror(override, session.cwd));
  const pipeline = parse(overrides);
  const mirror = session.env[MIRROR_VARIABLE];
  if (mirror === undefined || mirror === '' || pipeline.params[MIRROR_PARAM] !== null) return pipeline;
  return parse([...overrides, mirrorOverride(mirror, session.cwd)]);
}

/** Stages run in folders of their own: a path must not depend on where the command was typed. */
function withAbsoluteMirror(override: string, cwd: string): string {
  const prefix = `${MIRROR_PARAM}=`;
  const value = override.slice(prefix.length);
  return override.startsWith(prefix) && value !== '' && value !== 'null' ? mirrorOverride(value, cwd) : override;
}

function mirrorOverride(mirror: string, cwd: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(mirror);
  return `${MIRROR_PARAM}=${isUrl || isAbsolute(mirror) ? mirror : resolve(cwd, mirror)}`;
}
