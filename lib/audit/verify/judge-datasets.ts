/** Dataset artifacts whose dataset.json claims what their records do not give: digests of files cannot tell, for both are as stored. */
import type { Digest } from '../../base/digest.ts';
import { UserError } from '../../base/errors.ts';
import { groupBy } from '../../base/group-by.ts';
import { verifyDatasetFiles } from '../../dataset/dataset-folder.ts';
import type { Manifest } from '../../model/artifact.ts';
import type { Finding } from './finding.ts';
import { quoted } from './next-step.ts';
import type { Scene } from './scene.ts';
import type { StoreContent } from './store-content.ts';

/** The datasets among what results made, each once. One with a file that is altered or missing is left to those that tell of it. */
export function judgeDatasets({ expected, content, memory }: Scene): { findings: Finding[]; datasets: number } {
  const made = (expected?.kept ?? []).filter(({ use, kind }) => use === 'output' && kind === 'dataset');
  const findings: Finding[] = [];
  let datasets = 0;
  for (const [digest, users] of groupBy(made, ({ digest }) => digest)) {
    const manifest = content.manifests.get(digest);
    if (manifest === undefined || 'problem' in manifest) continue;
    if (!manifest.entries.every(({ blob }) => content.isSound(blob))) continue;
    datasets++;
    const isMoved = content.isRead(digest) || manifest.entries.some(({ blob }) => content.isRead(blob));
    const problem = !isMoved && memory.trustsDataset(digest) ? undefined : findClaimProblem(manifest, content);
    if (problem === undefined) {
      memory.noteDataset(digest);
      continue;
    }
    const [first] = users;
    findings.push({
      problem: 'invalid',
      subjects: [...new Set(users.map(({ instance, name }) => `${instance}.${name}`))],
      ...{ digest, found: null, file: null, detail: problem },
      next: `correct the stage's program: assay run --force ${quoted(first?.instance ?? '')} would make the same again`,
      ...{ mend: 'none', executions: users.map(({ executionId }) => executionId) },
    });
  }
  return { findings, datasets };
}

function findClaimProblem(manifest: Manifest, content: StoreContent): string | undefined {
  const blobs = new Map<string, Digest>(manifest.entries.map(({ path, blob }) => [path, blob]));
  try {
    verifyDatasetFiles((name) => {
      const blob = blobs.get(name);
      return blob === undefined ? undefined : content.bytesOf(blob);
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}
