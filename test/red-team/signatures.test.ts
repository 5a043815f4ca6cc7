/** Every attempt of signature-attempts.ts through the real command line: caught, named, and told by the exit code. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ended, Project } from '../cli/rig.ts';
import { SIGNATURE_ATTEMPTS } from './signature-attempts.ts';
import { makeSignedProject, movedTo, SignatureScene } from './signature-scene.ts';

let base: Project;

beforeAll(async () => {
  base = await makeSignedProject();
}, 120_000);

/** Commands joined by `&&`; the last one's end counts. */
async function assay(scene: SignatureScene, command: readonly string[]): Promise<Ended> {
  const second = command.indexOf('&&');
  if (second < 0) return scene.project.assay(command);
  expect((await scene.project.assay(command.slice(0, second))).code).toBe(0);
  return scene.project.assay(command.slice(second + 1));
}

describe('an attempt to cheat with what was signed', () => {
  it.each(SIGNATURE_ATTEMPTS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const scene = new SignatureScene(base);
    row.attempt(scene);
    const { code, stdout, stderr } = await assay(scene, row.command);
    expect(stdout + stderr).toContain(row.finding);
    expect(code).toBe(row.exitCode);
  });

  it('is not seen where nothing was tried: the same commands end with 0', async () => {
    const scene = new SignatureScene(base);
    const commands = new Map(SIGNATURE_ATTEMPTS.map(({ command }) => [command.join(' '), command]));
    const codes = new Map<string, number | null>();
    for (const [text, command] of commands) {
      // A model that was trained for another number of steps is another model, whoever made it.
      if (!text.includes('steps=2')) codes.set(text, (await assay(scene, command)).code);
    }
    expect([...codes].filter(([, code]) => code !== 0)).toEqual([]);
    expect(codes.size).toBe(9);
  });

  it('has a name of its own, and there are many', () => {
    expect(new Set(SIGNATURE_ATTEMPTS.map(({ name }) => name)).size).toBe(SIGNATURE_ATTEMPTS.length);
    expect(SIGNATURE_ATTEMPTS.length).toBeGreaterThan(40);
  });
});

describe('a run after an entry by a key that was replaced', () => {
  it('signs with the new key, and does not endorse it again', async () => {
    const scene = new SignatureScene(base);
    const old = scene.ownKey('ed25519');
    expect((await scene.project.assay(['keys', 'rotate', '--type', 'ed25519'])).code).toBe(0);
    scene.editLog((lines) => [...lines, movedTo(6, lines[4]!, old)]);
    expect((await scene.project.assay(['run', '--set', 'steps=3'])).code).toBe(0);
    const { stdout } = await scene.project.assay(['log', 'verify']);
    expect(stdout).toContain('unsigned: it is signed by a key that was replaced at entry 5');
    expect(stdout).toMatch(/^9 entries, against the database: 1 finding$/m);
  });
});

describe('a run beside a log that was cut short', () => {
  it('goes on, adds nothing that would make good the loss, and says so once', async () => {
    const scene = new SignatureScene(base);
    scene.editLog((lines) => lines.slice(0, 3));
    const before = scene.read('artifacts/log/checkpoint');
    const { code, stderr } = await scene.project.assay(['run', '--set', 'steps=3']);
    expect(code).toBe(0);
    expect(stderr.match(/not signed or logged/g)).toHaveLength(1);
    expect(stderr).toContain('it has 3 entries, and its checkpoint is of 5; assay log verify says what');
    expect(scene.read('artifacts/log/checkpoint')).toBe(before);
    expect((await scene.project.assay(['log', 'verify'])).code).toBe(3);
  });
});
