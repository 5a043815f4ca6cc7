/** Files of the store as files: packs altered between their blobs, and what Assay did not put there. */
import { relative } from 'node:path';
import { shortDigest } from '../../base/digest.ts';
import type { Finding } from './finding.ts';
import { touchFirst } from './next-step.ts';
import type { Scene } from './scene.ts';

/** Only what no altered blob tells already: damage to the index, or between the blobs. */
export function judgePacks({ projectRoot, expected, content }: Scene): Finding[] {
  const told = new Set([...content.altered.values()].map(({ file }) => file));
  return content.alteredPacks
    .filter(({ file }) => !told.has(file))
    .map(({ digest, found, file, hasIndex }) => ({
      ...{ problem: 'altered', subjects: [`pack ${shortDigest(digest)}`], digest, found },
      file: relative(projectRoot, file),
      detail: hasIndex ? 'every blob in it is sound' : 'its index cannot be read, so nothing in it is found',
      next:
        touchFirst(projectRoot, expected, { file, fileDigest: digest }) + 'assay run makes again what it needs of it',
      ...{ mend: 'quarantine', executions: [] },
    }));
}

export function judgeStrays({ projectRoot, content }: Scene): Finding[] {
  return content.strays.map(({ file, what }) => ({
    ...{ problem: 'stray', subjects: [relative(projectRoot, file)], digest: null, found: null },
    file: relative(projectRoot, file),
    detail: `it is ${what}: Assay did not put it there and never uses it`,
    next: 'look at it, then remove it; assay verify --repair moves it to artifacts/quarantine',
    ...{ mend: 'quarantine', executions: [] },
  }));
}
