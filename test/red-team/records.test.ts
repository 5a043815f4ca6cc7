/** Every attempt of record-attempts.ts through the real command line: caught, named, and told by the exit code. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../lib/base/digest.ts';
import { makeProject, type Project } from '../cli/rig.ts';
import { RECORD_ATTEMPTS } from './record-attempts.ts';
import { RecordScene } from './record-scene.ts';

function makeScene(): { project: Project; scene: RecordScene } {
  const project = makeProject({});
  return { project, scene: new RecordScene(project.root) };
}

/** The digest that was published before anything was edited. */
function pinned(command: readonly string[], scene: RecordScene): string[] {
  const digest = digestBytes(readFileSync(scene.path('clean.json')));
  return command.map((word) => (word === 'sha256:CLEAN.JSON' ? digest : word));
}

describe('an attempt to cheat at the level of records', () => {
  it.each(RECORD_ATTEMPTS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const { project, scene } = makeScene();
    const command = pinned(row.command, scene);
    row.attempt(scene);
    const { code, stdout, stderr } = await project.assay(command);
    expect(stdout + stderr).toContain(row.finding);
    expect(code).toBe(row.exitCode);
  });

  it('is not seen where nothing was tried: the same commands end with 0', async () => {
    const { project, scene } = makeScene();
    const commands = new Map(RECORD_ATTEMPTS.map(({ command }) => [command.join(' '), pinned(command, scene)]));
    // Its answer is always no: that is the attempt.
    commands.delete('prove --check proof.json');
    const ended = await Promise.all([...commands.values()].map((command) => project.assay(command)));
    const codes = new Map([...commands.keys()].map((text, i) => [text, ended[i]?.code]));
    expect([...codes].filter(([, code]) => code !== 0)).toEqual([]);
    expect(codes.size).toBe(10);
  });

  it('has a name of its own', () => {
    expect(new Set(RECORD_ATTEMPTS.map(({ name }) => name)).size).toBe(RECORD_ATTEMPTS.length);
  });
});
