import { describe, expect, it } from 'vitest';
import type { RunEvent, StageFailure } from '../../lib/model/event.ts';
import { noColors } from '../../lib/report/colors.ts';
import { JsonLines } from '../../lib/report/json-lines.ts';
import { PlainLines } from '../../lib/report/plain-lines.ts';
import { renderFailure } from '../../lib/report/render-failure.ts';
import { closingLine, expectationLine, stageLine, layOutRun } from '../../lib/report/render-run.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { ACTION, digest, instance, outcome, recordingTerminal } from './fixtures.ts';
import { pipelineOf } from '../support/pipelines.ts';

const FAILURE: StageFailure = {
  code: 'stage-failed',
  message: 'exited with code 1',
  hint: 'assay log poison',
  logPath: 'artifacts/staging/abc/log.txt',
  logTail: ['Traceback:', '', 'ValueError: no'],
  quarantinePath: 'artifacts/quarantine/2',
};
const CHANGED = [{ kind: 'changed', field: 'params.attack.count', from: 600, to: 1200 }] as const;
const INSTANCES = [
  instance('fetch'),
  instance('pretrain'),
  instance('poison', ['fetch.data']),
  instance('merge', ['poison.data']),
];
const EVENTS: readonly RunEvent[] = [
  {
    kind: 'run-started',
    runId: 7,
    plan: {
      pipeline: { ...pipelineOf(INSTANCES), note: 'about an hour' },
      steps: INSTANCES.map((each) => ({
        instance: each,
        verdict: { state: 'stale', action: ACTION, key: digest('k'), reasons: [{ kind: 'never-run' }] },
      })),
    },
  },
  { kind: 'stage-finished', outcome: outcome('fetch'), failure: null },
  { kind: 'stage-started', instance: 'pretrain', attempt: 1, reasons: CHANGED, logPath: 'log.txt' },
  { kind: 'stage-output', instance: 'pretrain', stream: 'stdout', text: 'hello\n' },
  ...[1, 24, 25, 26, 60, 75, 99, 100].map((done): RunEvent => ({
    kind: 'stage-progress',
    instance: 'pretrain',
    done,
    total: 100,
    unit: 'steps',
    label: 'loss 0.4',
  })),
  { kind: 'stage-message', instance: 'pretrain', message: 'saved a checkpoint' },
  {
    kind: 'stage-finished',
    outcome: outcome('pretrain', { outcome: 'ran', reasons: CHANGED, durationMs: 8_234 }),
    failure: null,
  },
  { kind: 'stage-waiting', instance: 'poison', pid: 4711 },
  { kind: 'stage-retrying', instance: 'poison', attempt: 2, problem: 'exited with code 1' },
  { kind: 'warning', message: 'the disk is nearly full' },
  {
    kind: 'stage-finished',
    outcome: outcome('poison', { outcome: 'failed', reasons: CHANGED, durationMs: 1_200, outputs: {} }),
    failure: FAILURE,
  },
  {
    kind: 'stage-finished',
    outcome: outcome('merge', { outcome: 'skipped', outputs: {}, executionId: null }),
    failure: null,
  },
  { kind: 'run-finished', runId: 7, status: 'failed', durationMs: 9_500 },
];
const text = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;

describe('PlainLines', () => {
  it('tells results on stdout, and on stderr what is under way at most at quarters', () => {
    const terminal = recordingTerminal();
    const reporter = new PlainLines({
      terminal,
      sizeOf: () => 12_400_000,
      clock: systemClock,
      typicalMs: () => new Map(),
    });
    for (const event of EVENTS) reporter.handle(event);
    reporter.close();
    expect(`\n${terminal.stdout()}`).toMatchInlineSnapshot(`
      "
      fetch     cached   12.4 MB
      pretrain  ran      attack.count 600 -> 1200                                  8.2 s
      poison    failed   exited with code 1                                        1.2 s
      merge     skipped  needs poison
      "
    `);
    expect(`\n${terminal.stderr()}`).toMatchInlineSnapshot(`
      "
      pretrain  running  attack.count 600 -> 1200
      pretrain  running  25 of 100 steps (25 %)  loss 0.4
      pretrain  running  60 of 100 steps (60 %)  loss 0.4
      pretrain  running  75 of 100 steps (75 %)  loss 0.4
      pretrain: saved a checkpoint
      poison: waits for another assay (process 4711), which is making the same result
      poison: exited with code 1; trying again (attempt 2)
      warning: the disk is nearly full
      "
    `);
  });
});

describe('JsonLines', () => {
  it('writes one event a line, run-finished last even when more is shown after it', () => {
    const terminal = recordingTerminal();
    const reporter = new JsonLines(terminal.out);
    for (const event of EVENTS) reporter.handle(event);
    reporter.write({ event: 'shown', output: 'fetch.data', text: 'a table\n' });
    reporter.close();
    expect(terminal.stderr()).toBe('');
    const events = terminal
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.map(({ event }) => event)).toMatchInlineSnapshot(`
      [
        "run-started",
        "stage-finished",
        "stage-started",
        "stage-output",
        "stage-progress",
        "stage-progress",
        "stage-progress",
        "stage-progress",
        "stage-progress",
        "stage-progress",
        "stage-progress",
        "stage-progress",
        "stage-message",
        "stage-finished",
        "stage-waiting",
        "stage-retrying",
        "warning",
        "stage-finished",
        "stage-finished",
        "shown",
        "run-finished",
      ]
    `);
    expect(events[0]).toMatchObject({ event: 'run-started', runId: 7, note: 'about an hour' });
    expect(events.find((each) => each.event === 'stage-finished')).toMatchObject({
      instance: 'fetch',
      outcome: 'cached',
    });
  });
});

describe('the end of a run', () => {
  it('says of an expectation what was found, and where it is broken what was declared', () => {
    const held = ['added', 'removed', 'changed'] as const;
    const findings = held.map((check) => ({ check, expected: 0, found: 0, holds: true }));
    const broken = { check: 'classes', expected: { 7: 200 }, found: { 7: 198 }, holds: false } as const;
    expect(
      text([
        expectationLine('merge[variant=V1]', { output: 'data', holds: true, findings }, noColors),
        expectationLine('merge', { output: 'data', holds: false, findings: [...findings, broken] }, noColors),
      ]),
    ).toMatchInlineSnapshot(`
      "
      expect merge[variant=V1].data: added 0, removed 0, changed 0: as declared
      expect merge.data: added 0, removed 0, changed 0, classes {"7":198} where {"7":200} is declared: not as declared
      "
    `);
  });

  it('counts only the outcomes that came about', () => {
    const outcomes = [outcome('a'), outcome('b', { outcome: 'ran' }), outcome('c', { outcome: 'skipped' })];
    expect(closingLine(outcomes, 8_234)).toBe('3 stages: 1 cached, 1 ran, 1 skipped, 8.2 s');
    expect(closingLine([outcome('a')], 140)).toBe('1 stage: 1 cached, 140 ms');
  });

  it('gives the last words of a failed stage, where its traces are, and what to type', () => {
    expect(text(renderFailure('poison', FAILURE, noColors))).toMatchInlineSnapshot(`
      "
      error[stage-failed] poison: exited with code 1
        | Traceback:
        |
        | ValueError: no
        log: artifacts/staging/abc/log.txt
        partial outputs: artifacts/quarantine/2
        next: assay log poison
      "
    `);
  });

  it('lays lines out for the width at hand', () => {
    const names = ['poison[chosen=7,count=600]', 'merge'];
    const line = (columns: number): string =>
      stageLine('merge', 'ran', 'never run', '8.2 s', layOutRun(names, columns), noColors);
    expect(text([line(60), line(120)])).toMatchInlineSnapshot(`
      "
      merge                       ran      never run         8.2 s
      merge                       ran      never run                                                 8.2 s
      "
    `);
  });
});
