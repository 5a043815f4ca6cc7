import { join } from 'node:path';
import { identifyBackends } from '../../lib/compute/identify.ts';
import { startCompute } from '../../lib/compute/start.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Starts tfjs-node where it can be used, so that a test compares it too; elsewhere says in a line why it is left out. */
export async function startTfjsNode(): Promise<boolean> {
  const report = identifyBackends(ROOT).find(({ name }) => name === 'tfjs-node');
  if (report === undefined || !report.usable || report.version === null) {
    console.log(`skipped: tfjs-node, as ${report?.why}`);
    return false;
  }
  await startCompute({ backend: 'tfjs-node', version: report.version, threads: 2 });
  return true;
}
