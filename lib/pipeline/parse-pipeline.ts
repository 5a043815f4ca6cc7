/** The pipeline file, read: text, tree, shape, params, stages, instances. */
import { digestBytes } from '../base/digest.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Pipeline } from '../model/stage.ts';
import { expandStages } from './expand-stages.ts';
import { readParams } from './params.ts';
import { Problems } from './problems.ts';
import { diskFiles, ProjectPaths, type ProjectFiles } from './project-paths.ts';
import { readShape } from './shape-errors.ts';
import { readShow } from './show.ts';
import { StageIndex } from './stage-index.ts';
import { readTargets } from './targets.ts';
import { parseYamlTree } from './yaml-tree.ts';

export interface ParseOptions {
  /** The file's name as errors print it, relative to the project: `pipeline.yaml`. */
  readonly file: string;
  /** Absolute. Paths in the file are relative to it. */
  readonly projectRoot: string;
  readonly profile: string | null;
  /** What `--set` said: `attack.count=600`. Later ones win. */
  readonly overrides: readonly string[];
  /** What is asked of the disk: whether programs and `./` inputs exist. Defaults to the real one. */
  readonly files?: ProjectFiles;
}

/**
 * Validates, resolves and expands a pipeline file. The error holds every fault found, sorted by position. Touches the disk only
 * to see that programs and `./` inputs exist inside the project; never throws for what the user wrote.
 */
export function parsePipeline(text: string, options: ParseOptions): Result<Pipeline, Diagnostic[]> {
  const tree = parseYamlTree(text, options.file);
  if (!tree.ok) return tree;
  const problems = new Problems(tree.value);
  const shaped = readShape(problems);
  if (shaped === undefined) return err(problems.list());

  const { pipeline } = shaped;
  const params = readParams(pipeline, options.profile, options.overrides, problems);
  const stages = new StageIndex(shaped, problems);
  const paths = new ProjectPaths(options.projectRoot, options.files ?? diskFiles);
  const { instances, expansions } = expandStages(pipeline.stages, { params, problems, paths, stages });
  const show = readShow(pipeline.show ?? [], { params, problems, stages, expansions });
  const targets = readTargets(pipeline.targets, { params, problems, stages, instances });

  if (problems.count > 0) return err(problems.list());
  const note = options.profile === null ? undefined : pipeline.notes?.[options.profile];
  return ok({
    file: options.file,
    digest: digestBytes(text),
    profile: options.profile,
    overrides: options.overrides,
    params: params.values,
    targets,
    show,
    note: note ?? null,
    instances,
  });
}
