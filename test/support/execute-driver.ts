/** Runs a project as a process of its own: `node driver <file>`, where the file holds { root, instances, jobs }. Events go to stdout. */
import { readFileSync } from 'node:fs';
import { runProject, type RunOptions } from './execute-rig.ts';
import type { StageInstance } from '../../lib/model/stage.ts';

const { root, instances, options } = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as {
  root: string;
  instances: StageInstance[];
  options: RunOptions;
};
const abort = new AbortController();
process.once('SIGINT', () => abort.abort());
await runProject(root, instances, {
  ...options,
  signal: abort.signal,
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
