/** Blobs that are not as named, or not there, and all that needs them. */
import { relative } from 'node:path';
import { shortDigest, type Digest } from '../../base/digest.ts';
import { groupBy } from '../../base/group-by.ts';
import type { Kept } from '../../lineage/kept.ts';
import type { Finding } from './finding.ts';
import { nextStep } from './next-step.ts';
import type { Scene } from './scene.ts';
import type { StoreContent } from './store-content.ts';

interface Fault {
  readonly problem: 'altered' | 'missing' | 'invalid';
  readonly detail: string | null;
  readonly subjects: Set<string>;
  readonly kept: Kept[];
}

export function judgeBlobs({ projectRoot, expected, content }: Scene): Finding[] {
  let faults = findFaults(expected?.kept ?? [], content);
  // A blob may have moved into another pack while this read: look again at what is new before calling anything missing.
  while ([...faults.values()].some(({ problem }) => problem === 'missing') && content.readNew()) {
    faults = findFaults(expected?.kept ?? [], content);
  }
  return [...faults].map(([digest, fault]): Finding => {
    const { problem, detail, subjects, kept } = fault;
    const altered = problem === 'altered' ? content.altered.get(digest) : undefined;
    return {
      ...{ problem, subjects: [...subjects], digest, found: altered?.found ?? null },
      file: altered === undefined ? null : relative(projectRoot, altered.file),
      detail,
      ...nextStep(projectRoot, expected, altered, kept),
      executions: [...new Set(kept.map(({ executionId }) => executionId))].sort((a, b) => a - b),
    };
  });
}

/** Inputs and outputs; the others are blobs without a manifest. */
export function isArtifact({ use }: Kept): boolean {
  return use === 'output' || use === 'input';
}

function findFaults(kept: readonly Kept[], content: StoreContent): Map<Digest, Fault> {
  const faults = new Map<Digest, Fault>();
  const check = (digest: Digest, subject: string, users: readonly Kept[]): void => {
    if (content.isSound(digest) && !content.altered.has(digest)) return;
    addFault(faults, digest, content.has(digest) ? 'altered' : 'missing', soundCopy(content, digest), subject, users);
  };
  for (const [digest, all] of groupBy(kept, ({ digest }) => digest)) {
    // What a stage made goes by the stage's name, also where others read it.
    const made = all.filter(({ use }) => use === 'output');
    const users = made.length > 0 ? made : all;
    for (const [name, named] of groupBy(users, nameOf)) {
      const artifact = named.some(isArtifact);
      check(digest, artifact ? `${name}: manifest` : name, named);
      const manifest = artifact ? content.manifests.get(digest) : undefined;
      if (manifest === undefined) continue;
      if ('problem' in manifest) {
        addFault(faults, digest, 'invalid', manifest.problem, `${name}: manifest`, named);
        continue;
      }
      for (const { blob, path } of manifest.entries) check(blob, path === '.' ? name : `${name}: ${path}`, named);
    }
  }
  for (const digest of content.altered.keys()) {
    if (!faults.has(digest)) {
      addFault(faults, digest, 'altered', soundCopy(content, digest), `blob ${shortDigest(digest)}`, []);
    }
  }
  return faults;
}

function addFault(
  faults: Map<Digest, Fault>,
  digest: Digest,
  problem: Fault['problem'],
  detail: string | null,
  subject: string,
  users: readonly Kept[],
): void {
  const fault = faults.get(digest) ?? { problem, detail, subjects: new Set<string>(), kept: [] };
  faults.set(digest, fault);
  fault.subjects.add(subject);
  fault.kept.push(...users);
}

/** What was read from an altered copy is no loss while another copy is sound. */
function soundCopy(content: StoreContent, digest: Digest): string | null {
  return content.isSound(digest) ? 'another copy is sound' : null;
}

function nameOf({ use, instance, name, path, executionId }: Kept): string {
  switch (use) {
    case 'output':
      return `${instance}.${name}`;
    case 'input':
      return path ?? `input ${name} of ${instance}`;
    case 'record':
      return `result record of ${instance}`;
    case 'log':
      return `log of ${instance}, execution ${executionId}`;
  }
}
