/** The built-in experiment as a user runs it. The tests are one flow: each goes on from the state that the one before it left. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Digest } from '../../lib/base/digest.ts';
import {
  digestsOf,
  exists,
  makeExperiment,
  read,
  stageLines,
  tableIn,
  TINY,
  withoutNumbers,
} from './experiment-rig.ts';

const FEWER = ['--set', 'attack.count=3'];
const ATTACK = 'stages/common/attack.ts';

const project = makeExperiment();
/** Runs in order, so that what they print is in order too. */
const run = (target: string, ...args: string[]) => project.assay(['run', target, '--jobs', '1', ...TINY, ...args]);
let table: string;
let digests: Record<string, Digest>;

test('a first run makes everything, checks what was declared of the data, and prints the table', async () => {
  const { code, stdout } = await run('compare');
  expect(stageLines(stdout)).toMatchInlineSnapshot(`
    "
    fetch                 ran      never run  <time>
    pretrain              ran      never run  <time>
    perturb[variant=V1]   ran      never run  <time>
    perturb[variant=V7]   cached   <size>
    poison[variant=V1]    ran      never run  <time>
    poison[variant=V7]    ran      never run  <time>
    merge[variant=V1]     ran      never run  <time>
    merge[variant=V7]     ran      never run  <time>
    retrain[variant=V1]   ran      never run  <time>
    retrain[variant=V7]   ran      never run  <time>
    evaluate[variant=V1]  ran      never run  <time>
    evaluate[variant=V7]  ran      never run  <time>
    compare               ran      never run  <time>
    "
  `);
  table = tableIn(stdout);
  expect(
    withoutNumbers(table)
      .replaceAll(/-?\d+\.\d+/g, '<n>')
      .replaceAll(/ {2,}/g, '  '),
  ).toMatchInlineSnapshot(`
    "Test accuracy in percent, before -> after. Chosen class: 7.
    X': poisoned records. L2: their mean distance from their originals, pixels in [0, 1].

    variant  total  chosen  others  X'  L2 merged data
    V1  literal reading  <n> -> <n>  <n> -> <n>  <n> -> <n>  4  <n> <digest>
    V7  recognised, X' alone  <n> -> <n>  <n> -> <n>  <n> -> <n>  4  <n> <digest>

    V1  literal reading: images of y' pushed away from y', labelled y'; M trained anew on X + X'
    V7  images of y' pushed away, labelled as M now recognises them; M trained further on X' alone

    After training, one answer for every image: V7"
  `);
  const end = stdout.split('\n').slice(-4).join('\n');
  expect({ code, end }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "end": "expect merge[variant=V1].data: added 4, removed 0, changed 0: as declared
    expect merge[variant=V7].data: added 4, removed 0, changed 0: as declared
    13 stages: 1 cached, 12 ran, <time>
    ",
    }
  `);
  digests = await digestsOf(project, 1);
});

test('a second run finds every stage cached and prints the same table', async () => {
  const { stdout, stderr } = await run('compare');
  expect(stageLines(stdout)).toMatchInlineSnapshot(`
    "
    fetch                 cached   <size>
    pretrain              cached   <size>
    perturb[variant=V1]   cached   <size>
    perturb[variant=V7]   cached   <size>
    poison[variant=V1]    cached   <size>
    poison[variant=V7]    cached   <size>
    merge[variant=V1]     cached   <size>
    merge[variant=V7]     cached   <size>
    retrain[variant=V1]   cached   <size>
    retrain[variant=V7]   cached   <size>
    evaluate[variant=V1]  cached   <size>
    evaluate[variant=V7]  cached   <size>
    compare               cached   <size>
    "
  `);
  expect({ stderr, table: tableIn(stdout) }).toEqual({ stderr: '', table });
  expect(await digestsOf(project, 2)).toEqual(digests);
});

test('fewer poisons: plan and why say that fetch and pretrain stay, and what makes poison stale', async () => {
  const plan = await project.assay(['plan', 'compare', ...TINY, ...FEWER]);
  expect(withoutNumbers(`\n${plan.stdout}`)).toMatchInlineSnapshot(`
    "
    fetch                 cached     <size>
    pretrain              cached     <size>
    perturb[variant=V1]   stale      perturb.pool 4 -> 3
    perturb[variant=V7]   stale      perturb.pool 4 -> 3
    poison[variant=V1]    undecided  waits on perturb[variant=V1]
    poison[variant=V7]    undecided  waits on perturb[variant=V7]
    merge[variant=V1]     undecided  waits on poison[variant=V1]
    merge[variant=V7]     undecided  waits on poison[variant=V7]
    retrain[variant=V1]   undecided  waits on merge[variant=V1], poison[variant=V1]
    retrain[variant=V7]   undecided  waits on merge[variant=V7], poison[variant=V7]
    evaluate[variant=V1]  undecided  waits on poison[variant=V1], retrain[variant=V1]
    evaluate[variant=V7]  undecided  waits on poison[variant=V7], retrain[variant=V7]
    compare               undecided  waits on evaluate[variant=V1], evaluate[variant=V7], merge[variant=V1] and 1 more
    13 stages: 2 cached, 2 stale, 9 undecided
    "
  `);
  const why = async (stage: string) => `\n${(await project.assay(['why', stage, ...TINY, ...FEWER])).stdout}`;
  expect(await why('fetch')).toMatchInlineSnapshot(`
    "
    fetch is cached: nothing that may change its outputs has changed
    last ran <moment> (run 1, execution 1), took <time>, because
      never run
    "
  `);
  expect(await why('pretrain')).toMatchInlineSnapshot(`
    "
    pretrain is cached: nothing that may change its outputs has changed
    last ran <moment> (run 1, execution 2), took <time>, because
      never run
    "
  `);
  expect(await why('poison')).toMatchInlineSnapshot(`
    "
    poison[variant=V1] is undecided: it reads what perturb[variant=V1] has yet to make
    last ran <moment> (run 1, execution 4), took <time>, because
      never run

    poison[variant=V7] is undecided: it reads what perturb[variant=V7] has yet to make
    last ran <moment> (run 1, execution 5), took <time>, because
      never run
    "
  `);
  expect(await why('retrain[variant=V7]')).toMatchInlineSnapshot(`
    "
    retrain[variant=V7] is undecided: it reads what merge[variant=V7], poison[variant=V7] have yet to make
    last ran <moment> (run 1, execution 9), took <time>, because
      never run
    "
  `);
});

test('fewer poisons: the run does what the plan said, and other data comes of it', async () => {
  const { code, stdout } = await run('compare', ...FEWER);
  expect(stageLines(stdout)).toMatchInlineSnapshot(`
    "
    fetch                 cached   <size>
    pretrain              cached   <size>
    perturb[variant=V1]   ran      perturb.pool 4 -> 3  <time>
    perturb[variant=V7]   cached   <size>
    poison[variant=V1]    ran      attack.count 4 -> 3 (+1 more)  <time>
    poison[variant=V7]    ran      attack.count 4 -> 3 (+1 more)  <time>
    merge[variant=V1]     ran      input poison is new content <digest> -> <digest>  <time>
    merge[variant=V7]     ran      input poison is new content <digest> -> <digest>  <time>
    retrain[variant=V1]   ran      input data is new content <digest> -> <digest> (+1 more)  <time>
    retrain[variant=V7]   ran      input data is new content <digest> -> <digest> (+1 more)  <time>
    evaluate[variant=V1]  ran      input after is new content <digest> -> <digest> (+2 more)  <time>
    evaluate[variant=V7]  ran      input after is new content <digest> -> <digest> (+2 more)  <time>
    compare               ran      input evaluations[variant=V1] is new content <digest> -> <digest> (+3 more)  <time>
    "
  `);
  expect({ code, isSameTable: tableIn(stdout) === table }).toEqual({ code: 0, isSameTable: false });
});

test('a second project, with two stages at a time and nothing cached, makes the same bytes', async () => {
  const other = makeExperiment();
  const { stdout } = await other.assay(['run', 'compare', '--jobs', '2', ...TINY, ...FEWER]);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('13 stages: 1 cached, 12 ran, <time>');
  expect(await digestsOf(other, 1)).toEqual(await digestsOf(project, 3));
});

test('an edit of the README changes nothing', async () => {
  project.write('README.md', '# Experiment\n\n<!-- nobody reads this -->\n');
  const { stdout } = await run('compare', ...FEWER);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('13 stages: 13 cached, <time>');
});

test('an edit of one line of the attack reruns poison and what follows; fetch and pretrain stay', async () => {
  const before = read(project, ATTACK);
  const after = before.replace(/options\.learningRate\b/, '2 * $&');
  expect(after).not.toBe(before);
  project.write(ATTACK, after);
  const { stdout } = await run('evaluate[variant=V7]', ...FEWER);
  expect(stageLines(stdout)).toMatchInlineSnapshot(`
    "
    fetch                 cached   <size>
    pretrain              cached   <size>
    perturb[variant=V7]   ran      code stages/common/attack.ts edited  <time>
    poison[variant=V7]    ran      input pool is new content <digest> -> <digest>  <time>
    merge[variant=V7]     ran      input poison is new content <digest> -> <digest>  <time>
    retrain[variant=V7]   ran      input data is new content <digest> -> <digest> (+1 more)  <time>
    evaluate[variant=V7]  ran      input after is new content <digest> -> <digest> (+2 more)  <time>
    expect merge[variant=V7].data: added 3, removed 0, changed 0: as declared
    7 stages: 2 cached, 5 ran, <time>

    "
  `);
  project.write(ATTACK, before);
});

test('with the old code and the old number of poisons, everything is cached again', async () => {
  const { stdout } = await run('compare');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('13 stages: 13 cached, <time>');
  expect(tableIn(stdout)).toBe(table);
});

test('without artifacts/view nothing is lost, and a run brings it back', async () => {
  rmSync(join(project.root, 'artifacts/view'), { recursive: true });
  const { stdout } = await run('compare');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('13 stages: 13 cached, <time>');
  expect(read(project, 'artifacts/view/compare/table.txt').trimEnd()).toBe(table);
  expect(readdirSync(join(project.root, 'artifacts/view')).sort()).toMatchInlineSnapshot(`
    [
      ".shown.json",
      "compare",
      "evaluate[variant=V1]",
      "evaluate[variant=V7]",
      "fetch",
      "merge[variant=V1]",
      "merge[variant=V7]",
      "perturb[variant=V1]",
      "perturb[variant=V7]",
      "poison[variant=V1]",
      "poison[variant=V7]",
      "pretrain",
      "retrain[variant=V1]",
      "retrain[variant=V7]",
    ]
  `);
});

test('a byte altered in the store is told, put in quarantine and made again, to the same bytes', async () => {
  const blob = alterByte(realpathSync(join(project.root, 'artifacts/view/pretrain/model/weights.bin')));
  const { code, stdout, stderr } = await run('compare');
  expect(stageLines(stdout)).toMatchInlineSnapshot(`
    "
    fetch                 cached   <size>
    pretrain              ran      artifact model: weights.bin altered in the store  <time>
    perturb[variant=V1]   cached   <size>
    perturb[variant=V7]   cached   <size>
    poison[variant=V1]    cached   <size>
    poison[variant=V7]    cached   <size>
    merge[variant=V1]     cached   <size>
    merge[variant=V7]     cached   <size>
    retrain[variant=V1]   cached   <size>
    retrain[variant=V7]   cached   <size>
    evaluate[variant=V1]  cached   <size>
    evaluate[variant=V7]  cached   <size>
    compare               cached   <size>
    "
  `);
  expect({ code, stderr: stderr.split('\n')[0], table: tableIn(stdout) }).toEqual({
    code: 0,
    stderr: 'pretrain              running  artifact model: weights.bin altered in the store',
    table,
  });
  const [kept] = readdirSync(join(project.root, 'artifacts/quarantine/blobs'));
  expect(kept?.startsWith(basename(dirname(blob)) + basename(blob))).toBe(true);
  const again = (await run('compare', '--json')).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunLine);
  expect(again.flatMap(({ outcome }) => outcome ?? [])).toEqual(Array(13).fill('cached'));
  expect(await digestsOf(project, again.at(-1)?.runId ?? 0)).toEqual(digests);
  expect(exists(project, 'artifacts/view/pretrain/model/weights.bin')).toBe(true);
});

/** Of a line of `assay run --json`. */
interface RunLine {
  readonly outcome?: string;
  readonly runId?: number;
}

/** One bit of one byte in the middle; size, mode and time of change stay. */
function alterByte(path: string): string {
  const { mode, size } = statSync(path);
  const reference = join(project.root, 'reference');
  execFileSync('cp', ['-p', path, reference]);
  chmodSync(path, 0o644);
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, size >> 1);
  byte[0]! ^= 1;
  writeSync(file, byte, 0, 1, size >> 1);
  closeSync(file);
  execFileSync('touch', ['-r', reference, path]);
  chmodSync(path, mode);
  return path;
}

test('the defence goes on from there, and its table follows the first', async () => {
  const { code, stdout } = await run('defend');
  expect(code).toBe(0);
  expect(stageLines(stdout).match(/^(\w+).* ran /gm)?.length).toBe(11);
  expect(stdout).toMatch(/Trained anew without the suspects[^]*V1 .* of 4 .* of 80 .*->[^]*V7 .* of 4 .* of 80 .*->/);
}, 120_000);

test('the study gathers the same cells: tables on the terminal, its figures kept as pictures', async () => {
  const { code, stdout } = await run('study');
  expect(code).toBe(0);
  expect(stageLines(stdout).match(/^(\w+).* ran /gm)).toHaveLength(1);
  expect(stdout).toMatch(/## Every reading beside the paper[^]*\| V1 \| literal reading \|/);
}, 120_000);
