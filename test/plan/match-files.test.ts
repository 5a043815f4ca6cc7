import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../lib/base/errors.ts';
import { matchFiles } from '../../lib/plan/match-files.ts';
import { makeProject } from './examples.ts';

const FILES = {
  'tools/summary.py': '',
  'tools/[draft].py': '',
  'tools/deep/one.txt': '',
  'tools/deep/.hidden': '',
  'tools/node_modules/x/index.js': '',
  'tools/artifacts/kept.txt': '',
  'artifacts/objects/ab/cd': '',
  '.git/config': '',
  'pipeline.yaml': '',
};

const match = (root: string, ...globs: string[]) => matchFiles(root, 'summarise', globs);

describe('matchFiles', () => {
  it('names files by project path, sorted, each once', () => {
    const root = makeProject(FILES);
    expect(match(root, 'tools/summary.py')).toEqual(['tools/summary.py']);
    expect(match(root, 'tools/*.py', './tools/summary.py')).toEqual(['tools/[draft].py', 'tools/summary.py']);
    expect(match(root, 'tools/[draft].py')).toEqual(['tools/[draft].py']);
  });

  it('takes a folder for all files in it, hidden ones too', () => {
    const root = makeProject(FILES);
    const all = [
      'tools/[draft].py',
      'tools/artifacts/kept.txt',
      'tools/deep/.hidden',
      'tools/deep/one.txt',
      'tools/summary.py',
    ];
    expect(match(root, 'tools')).toEqual(all);
    expect(match(root, '**')).toEqual(['pipeline.yaml', ...all]);
  });

  it('does not follow symbolic links', () => {
    const root = makeProject(FILES);
    symlinkSync('summary.py', join(root, 'tools/linked.py'));
    symlinkSync('deep', join(root, 'tools/linked'));
    expect(match(root, 'tools/**/*.{py,txt}')).toEqual([
      'tools/[draft].py',
      'tools/artifacts/kept.txt',
      'tools/deep/one.txt',
      'tools/summary.py',
    ]);
  });

  it.each([
    ['tools/sumary.py', 'did you mean "tools/summary.py"?'],
    ['data/*.csv', 'globs are relative to the project; remove the line if the stage reads no such file'],
    [
      'artifacts/**',
      'files in artifacts/, node_modules/ and .git/ are never matched; to read a result, make it an input',
    ],
  ])('refuses %s, which matches nothing', (glob, hint) => {
    const root = makeProject(FILES);
    expect(faultOf(() => match(root, glob))).toEqual({
      code: 'files-match-nothing',
      message: `stage "summarise": files: "${glob}" matches no file`,
      hint,
    });
  });

  it.each(['../other/*.py', '/etc/passwd', 'tools/../../x'])('refuses %s, which lies outside', (glob) => {
    expect(faultOf(() => match(makeProject(FILES), glob))).toEqual({
      code: 'path-outside-project',
      message: `stage "summarise": files: "${glob}" lies outside the project`,
      hint: 'name files by their path inside the project',
    });
  });
});

function faultOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}
