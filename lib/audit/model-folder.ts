/** The files of a model on the disk, as a signature lists them. */
import { lstatSync, readdirSync } from 'node:fs';
import { digestFile } from '../base/digest.ts';
import { compareUtf8 } from '../base/canonical-json.ts';
import type { SignedFile } from './model-signing.ts';

export interface ModelFiles {
  /** By path, in UTF-8 order. A model of one file has the path `.`. */
  readonly files: readonly SignedFile[];
  /** What is no regular file, which nothing can be signed of: links, pipes, devices. */
  readonly oddities: readonly { readonly path: string; readonly what: string }[];
}

/** `isIgnored` is asked of every path; of a folder that it ignores nothing is read. Throws the system's errors. */
export function readModelFiles(root: string, isIgnored: (path: string) => boolean): ModelFiles {
  const files: SignedFile[] = [];
  const oddities: { path: string; what: string }[] = [];
  const visit = (path: string, absolute: string): void => {
    const found = lstatSync(absolute);
    if (found.isFile()) files.push({ path, digest: digestFile(absolute).digest });
    else if (found.isDirectory()) {
      for (const name of readdirSync(absolute).sort(compareUtf8)) {
        const inner = path === '.' ? name : `${path}/${name}`;
        if (!isIgnored(inner)) visit(inner, `${absolute}/${name}`);
      }
    } else oddities.push({ path, what: found.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder' });
  };
  visit('.', root);
  return { files: files.sort((a, b) => compareUtf8(a.path, b.path)), oddities };
}

/** Whether a path is one of those or lies in one of them. */
export function liesIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}
