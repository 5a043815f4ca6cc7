import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../lib/base/errors.ts';
import { inspectOutputs, outputFileName } from '../../lib/execute/collect-outputs.ts';
import type { OutputKind } from '../../lib/model/stage.ts';

const PNG = Buffer.from('89504e470d0a1a0a00', 'hex');

function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

function problemOf(outputs: Readonly<Record<string, OutputKind>>, folder: string): string {
  try {
    inspectOutputs(outputs, folder);
  } catch (error) {
    if (error instanceof UserError) return `${error.code}: ${error.message}\n  ${error.hint}`;
    throw error;
  }
  return 'none';
}

describe('outputFileName', () => {
  it('adds the suffix of the kind to a name without one', () => {
    expect(outputFileName('metrics', 'metrics')).toBe('metrics.json');
    expect(outputFileName('plot', 'image')).toBe('plot.png');
    expect(outputFileName('scores.json', 'metrics')).toBe('scores.json');
    expect(outputFileName('table', 'file')).toBe('table');
    expect(outputFileName('data', 'dataset')).toBe('data');
  });
});

describe('inspectOutputs', () => {
  const all = { data: 'dataset', metrics: 'metrics', plot: 'image', table: 'file' } as const;

  it('accepts each kind as it should be and reads the metrics', () => {
    const folder = folderWith({ 'data/a': 'x', 'metrics.json': '{"loss": 0.5}', 'plot.png': PNG, table: '' });
    expect(inspectOutputs(all, folder)).toEqual([{ output: 'metrics', metrics: [{ name: 'loss', value: 0.5 }] }]);
  });

  it('takes as image an SVG where the name says so, and nothing else there', () => {
    const svg = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>';
    expect(inspectOutputs({ 'plot.svg': 'image' }, folderWith({ 'plot.svg': svg }))).toEqual([]);
    expect(problemOf({ 'plot.svg': 'image' }, folderWith({ 'plot.svg': PNG }))).toMatch(
      'output-not-image: outputs/plot.svg is not an SVG: it does not begin as one',
    );
    expect(problemOf({ plot: 'image' }, folderWith({ 'plot.png': svg }))).toMatch('outputs/plot.png is not a PNG');
  });

  it('tells of all that is wrong at once', () => {
    const folder = folderWith({ data: 'x', 'metrics.json': '[1]', 'plot.png': 'GIF89a', tabel: '' });
    expect(problemOf(all, folder)).toMatchInlineSnapshot(`
      "output-wrong-form: outputs/data is a file; an output of kind dataset is a folder
      outputs/metrics.json holds no metrics: it is a list, not an object
      outputs/plot.png is not a PNG: it does not begin as one
      outputs/table (file) was not written
      outputs/tabel is no output that the stage declares; did you mean table?
        correct the program, or the outputs of the stage in pipeline.yaml"
    `);
  });

  it.each([
    ['{"loss": NaN}', 'it is not JSON'],
    ['null', 'it is null, not an object'],
    ['{"a.b":1,"a":{"b":2}}', 'two of its numbers are both named "metrics.a.b"'],
  ])('refuses the metrics %s', (text, why) => {
    expect(problemOf({ metrics: 'metrics' }, folderWith({ 'metrics.json': text }))).toMatch(
      `output-not-metrics: outputs/metrics.json holds no metrics: ${why}`,
    );
  });

  it('says that nothing was written when nothing was', () => {
    const folder = folderWith({});
    mkdirSync(join(folder, 'data'));
    expect(problemOf({ data: 'dataset', table: 'file' }, folder)).toMatchInlineSnapshot(`
      "stage-wrote-nothing: the program ended well but wrote no output; it declares outputs/data, outputs/table
        write each output to the path that ctx.output(NAME) or {outputs.NAME} gives"
    `);
  });

  it('refuses a link and what the stage does not declare', () => {
    const folder = folderWith({ 'notes.txt': 'x' });
    symlinkSync('/etc/hostname', join(folder, 'table'));
    expect(problemOf({ table: 'file' }, folder)).toMatchInlineSnapshot(`
      "output-wrong-form: outputs/table is a link; an output of kind file is a file
      outputs/notes.txt is no output that the stage declares
        correct the program, or the outputs of the stage in pipeline.yaml"
    `);
  });
});
