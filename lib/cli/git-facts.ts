/** The commit that a run was started on. */
import type { RunStart } from '../model/run.ts';

/**
 * HEAD, and whether the project differs from it; null outside a repository, without a commit, or without git. Starts one
 * process, so it is asked only when stages run. The store is not part of the project's state.
 */
export async function readGitFacts(projectRoot: string): Promise<RunStart['git']> {
  const { execa } = await import('execa');
  const args = ['status', '--porcelain=v2', '--branch', '--', '.', ':(exclude)artifacts'];
  // GIT_OPTIONAL_LOCKS: looking must not take the index lock from a git command that the user runs meanwhile.
  const env = { GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
  const { exitCode, stdout } = await execa('git', args, { cwd: projectRoot, env, reject: false, stdin: 'ignore' });
  if (exitCode !== 0) return null;
  return parseGitStatus(stdout);
}

/** Reads `git status --porcelain=v2 --branch`: headers start with `#`, everything else is a difference. */
export function parseGitStatus(text: string): RunStart['git'] {
  const lines = text.split('\n').filter((line) => line !== '');
  const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(text)?.[1];
  if (commit === undefined) return null;
  return { commit, isDirty: lines.some((line) => !line.startsWith('#')) };
}
