/**
 * The shape of pipeline.yaml, once: what parsing checks and what editors complete and explain.
 * Each `error` says what is expected, in words that follow "must be".
 */
import * as z from 'zod/mini';
import { OUTPUT_KINDS } from '../model/stage.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** Outputs may be named like files. A first letter and no two dots keep them usable as file names. */
const OUTPUT_NAME = /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_OUTPUT_NAME = 64;

const hover = z.describe;

const name = z.string().check(z.regex(NAME));
const outputName = z.string().check(z.regex(OUTPUT_NAME), z.maxLength(MAX_OUTPUT_NAME));
function text(expected: string) {
  return z.string({ error: expected }).check(z.minLength(1, { error: expected }));
}

function listOf<T extends z.ZodMiniType>(item: T, expected: string) {
  return z.array(item, { error: expected });
}

function template(expected: string) {
  return z.string().check(z.regex(/\$\{/, { error: expected }));
}

function wholeNumber(minimum: number) {
  const expected = `a whole number of at least ${minimum}, or a template`;
  const number = z.int({ error: expected }).check(z.minimum(minimum, { error: expected }));
  return z.union([number, template(expected)], { error: expected });
}

const tree = z.record(z.string(), z.unknown(), { error: 'a map of names to values' });

const paramPaths = (what: string) =>
  listOf(text('the path of a param, such as attack.count'), 'a list of param paths, such as [attack, seed]').check(
    hover(what),
  );

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'text, a number, true or false' });

const AXIS = 'a list of texts, numbers or booleans, or a template that gives one';
const matrixAxis = z.union([z.array(scalar), template(AXIS)], { error: AXIS });
const MATRIX = 'a map of param path to list of values, a list of such maps, or a template that gives one';
const matrixBlock = z.record(z.string(), matrixAxis, { error: 'a map of param path to list of values' });
const matrix = z.union([matrixBlock, z.array(matrixBlock).check(z.minLength(1, { error: MATRIX })), template(MATRIX)], {
  error: MATRIX,
});

const resourcesShape = z.strictObject(
  {
    cpus: z.optional(wholeNumber(1).check(hover('Processor cores the stage keeps busy. Default 1.'))),
    memoryMb: z.optional(wholeNumber(0).check(hover('Memory it needs at most, in MB. Default 0: unknown.'))),
    gpus: z.optional(wholeNumber(0).check(hover('Graphics cards it needs for itself. Default 0.'))),
  },
  { error: 'a map such as { cpus: 2, memoryMb: 2000 }' },
);

const count = wholeNumber(0);
const COUNTS = 'a whole number of at least 0, a map of class to such numbers, or a template';
const counts = z.union([count, z.record(z.string(), count, { error: COUNTS })], { error: COUNTS });
const SHARE = 'a number from 0 to 1, or a template';
const share = z.union(
  [z.number({ error: SHARE }).check(z.minimum(0, { error: SHARE }), z.maximum(1, { error: SHARE })), template(SHARE)],
  { error: SHARE },
);
const DIGEST = 'a digest: sha256: and 64 hex digits';
const byClass = 'A map of class to number says it of each class, and none of the others.';

const expectationShape = z.strictObject(
  {
    against: z.optional(
      text('the name of an input').check(
        hover(
          'The input that added, removed, changed and relabelled compare with. May be left out when only one input is a dataset.',
        ),
      ),
    ),
    count: z.optional(count.check(hover('Records in the output.'))),
    added: z.optional(counts.check(hover(`Records in the output that are not in the input. ${byClass}`))),
    removed: z.optional(counts.check(hover(`Records in the input that are not in the output. ${byClass}`))),
    changed: z.optional(
      counts.check(hover(`Records whose content differs from the record at the same index of the input. ${byClass}`)),
    ),
    relabelled: z.optional(
      counts.check(hover(`Of the changed records, those with the same pixels under another label. ${byClass}`)),
    ),
    classes: z.optional(
      z
        .record(z.string(), count, { error: 'a map of class label to number of records' })
        .check(hover('Records of each class, by label.')),
    ),
    max_class_share: z.optional(
      share.check(hover('The largest part of the records to train on that one class may have, 0 to 1.')),
    ),
    root: z.optional(
      z
        .strictObject(
          {
            train: z.optional(text(DIGEST).check(hover('Root of the records to train on.'))),
            test: z.optional(text(DIGEST).check(hover('Root of the records to test on.'))),
          },
          { error: 'a map such as { train: "sha256:…" }' },
        )
        .check(hover('Roots of the record manifest, as assay manifest prints them, by split.')),
    ),
    digest: z.optional(text(DIGEST).check(hover('The digest of the whole output: sha256: and 64 hex digits.'))),
  },
  { error: 'a map such as { added: 600, removed: 0 }' },
);

const stageShape = z
  .strictObject(
    {
      program: z.optional(
        text('the path of a program in the project').check(
          hover(
            'TypeScript or JavaScript program of the project (.ts, .mts, .js, .mjs, .cjs). What it imports is found by itself.',
          ),
        ),
      ),
      command: z.optional(
        listOf(scalar, 'a list: the program and its arguments')
          .check(z.minLength(1, { error: 'a list: the program and its arguments' }))
          .check(
            hover(
              'Any program and its arguments, as a list. {inputs.NAME}, {outputs.NAME} and {context} become paths. List its files under "files".',
            ),
          ),
      ),
      shell: z.optional(
        text('one line for /bin/sh').check(hover('One line for /bin/sh, with the placeholders of "command".')),
      ),
      matrix: z.optional(
        matrix.check(
          hover(
            'Runs the stage once for each combination of values: param path to list of values. Of a list of such maps each adds its combinations.',
          ),
        ),
      ),
      params: z.optional(
        paramPaths('Params the program receives. Only an edit of these, or of inputs and code, reruns the stage.'),
      ),
      unkeyed: z.optional(
        paramPaths(
          'Params the program receives, but whose change reruns nothing: where bytes come from, never what they are.',
        ),
      ),
      inputs: z.optional(
        z
          .record(name, text('a reference such as fetch.data, or ./path'), {
            error: 'a map of input name to stage.output or ./path',
          })
          .check(
            hover(
              'What the stage reads, by name: stage.output, stage[*].output for all instances, stage[axis=value].output for one, or ./path.',
            ),
          ),
      ),
      outputs: z
        .record(outputName, z.enum(OUTPUT_KINDS, { error: `one of ${OUTPUT_KINDS.join(', ')}` }), {
          error: 'a map of output name to kind',
        })
        .check(z.meta({ description: 'What the stage writes: output name to kind.', minProperties: 1 })),
      files: z.optional(
        listOf(text('a path or glob such as tools/*.py'), 'a list of paths or globs').check(
          hover(
            'Further project files that may change the result, as paths or globs. They are linked into the place where the command runs.',
          ),
        ),
      ),
      env: z.optional(
        listOf(
          z
            .string({ error: 'the name of a variable' })
            .check(z.regex(VARIABLE_NAME, { error: 'the name of a variable, such as PYTHONHASHSEED' })),
          'a list of names of environment variables',
        ).check(hover('Environment variables the program may see. Their values count: a change reruns the stage.')),
      ),
      resources: z.optional(
        resourcesShape.check(hover('What the stage needs while it runs. Stages run side by side while this fits.')),
      ),
      timeout: z.optional(
        text('a duration such as 90s, 15m or 1h30m').check(
          hover('Longest run: 90s, 15m, 2h, 1h30m. Default: no limit.'),
        ),
      ),
      retries: z.optional(wholeNumber(0).check(hover('How often a failed run is repeated. Default 0.'))),
      expect: z.optional(
        z
          .record(z.string(), expectationShape, { error: 'a map of output name to what is expected' })
          .check(hover('What must hold of an output, by name. A breach fails the run and nothing is cached.')),
      ),
    },
    { error: 'a map with program, command or shell, and outputs' },
  )
  .check(
    z.meta({
      description: 'A step: what it runs, what it reads, what it writes.',
      oneOf: [{ required: ['program'] }, { required: ['command'] }, { required: ['shell'] }],
    }),
  );

const TARGET = 'a stage, an instance or an output, such as compare';
const TARGETS = 'a list of stages, such as [compare], or a template that gives one';

export const pipelineShape = z.strictObject(
  {
    version: z.literal(1, { error: '1' }).check(hover('The version of this format: 1.')),
    params: z.optional(tree.check(hover('Values the stages use, as a tree. A value may hold ${path.of.another}.'))),
    profiles: z.optional(
      z
        .record(name, tree, { error: 'a map of profile name to params' })
        .check(hover('Named changes to params, for assay run --profile NAME: maps are merged, other values replaced.')),
    ),
    notes: z.optional(
      z
        .record(z.string(), text('a text'), { error: 'a map of profile name to text' })
        .check(hover('A text for a profile, printed before its run.')),
    ),
    targets: z.optional(
      z
        .union([listOf(text(TARGET), TARGETS), template(TARGETS)], { error: TARGETS })
        .check(
          hover('What runs when the command line names no target: stages, instances or outputs. Default: all stages.'),
        ),
    ),
    show: z.optional(
      listOf(text('a reference such as summarise.table'), 'a list of stage.output').check(
        hover('Outputs of kind file or metrics that are printed when a run ends: stage.output.'),
      ),
    ),
    stages: z
      .record(name, stageShape, { error: 'a map of stage name to stage' })
      .check(hover('The steps, by name. Order does not matter: what a stage reads decides.')),
  },
  { error: 'a map with version and stages' },
);

export type PipelineShape = z.infer<typeof pipelineShape>;
export type StageShape = z.infer<typeof stageShape>;
export type ExpectationShape = z.infer<typeof expectationShape>;
