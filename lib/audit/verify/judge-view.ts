/** artifacts/view held against what it is to show: links must lead to the artifact's own blobs, and copies hold their bytes. */
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { digestFile, parseDigest, type Digest } from '../../base/digest.ts';
import { loosePath } from '../../store/layout.ts';
import { readShown, viewNote } from '../../store/view.ts';
import type { Finding } from './finding.ts';
import type { Scene } from './scene.ts';

export function judgeView({ projectRoot, paths, content }: Scene): Finding[] {
  const shown = readShown(paths.view);
  // Without its state the next run makes it anew, whole.
  if (typeof shown !== 'object' || shown === null) return [];
  return Object.entries(shown).flatMap(([place, digest]) => {
    const manifest = content.manifests.get(digest as Digest);
    if (manifest === undefined || 'problem' in manifest) return [];
    const root = join(paths.view, place);
    const blobs = new Map(manifest.entries.map(({ path, blob }) => [path === '.' ? root : join(root, path), blob]));
    return filesBelow(root).flatMap((file): Finding[] => {
      const problem = judgeFile(file, blobs.get(file), paths, viewNote(place, manifest.entries.length));
      if (problem === undefined) return [];
      const name = relative(projectRoot, file);
      return [
        {
          problem: blobs.has(file) ? 'altered' : 'stray',
          ...{ subjects: [name], digest: blobs.get(file) ?? null, found: problem.found, file: name },
          detail: problem.detail,
          next: 'delete artifacts/view: assay run makes it again, and nothing reads it',
          ...{ mend: 'view', executions: [] },
        },
      ];
    });
  });
}

function judgeFile(
  file: string,
  blob: Digest | undefined,
  paths: Scene['paths'],
  note: string,
): { found: Digest | null; detail: string } | undefined {
  const isLink = lstatSync(file).isSymbolicLink();
  if (blob === undefined) {
    const isNote = !isLink && file.endsWith('README.txt') && readFileSync(file, 'utf8') === note;
    return isNote ? undefined : { found: null, detail: 'the artifact that is shown there has no such file' };
  }
  if (isLink) {
    const target = resolve(dirname(file), readlinkSync(file));
    if (target === loosePath(paths, blob)) return undefined;
    const name = /objects\/([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(target);
    const found = name === null ? undefined : parseDigest(`sha256:${name[1]}${name[2]}`);
    return { found: found ?? null, detail: 'the link leads elsewhere' };
  }
  const { digest } = digestFile(file);
  return digest === blob ? undefined : { found: digest, detail: 'a copy to look at; the stored file is another' };
}

function filesBelow(root: string): string[] {
  const stat = lstatSync(root, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [root];
  return readdirSync(root)
    .sort()
    .flatMap((name) => filesBelow(join(root, name)));
}
