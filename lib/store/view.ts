/** artifacts/view: the current results, to look at. */
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { compareUtf8 } from '../base/canonical-json.ts';
import { digestBytes, type Digest } from '../base/digest.ts';
import { writeDurably } from '../base/durable-write.ts';
import { systemErrorCode } from '../base/errors.ts';
import { inspect } from './damage.ts';
import type { StoreParts } from './inspection.ts';
import { PackReader } from './pack-file.ts';
import { StoreLock } from './store-lock.ts';

export interface ViewEntry {
  /** A StageInstance.id. */
  readonly stage: string;
  readonly output: string;
  readonly artifact: Digest;
}

/** A folder with more files than this is shown as a note that says how to get it: linking 60,000 takes seconds. */
const MAX_FILES = 1000;
/** Bytes; file systems allow 255. */
const MAX_NAME_BYTES = 200;
const STATE_NAME = '.shown.json';
/** A view of a hundred instances is made in less than a second. */
const LOCK_WAIT_MS = 10_000;

/** Path below view/ to artifact. */
type Shown = Readonly<Record<string, Digest>>;

/**
 * Makes view/<instance>/<output> show exactly `entries`. Nothing changed: one small file is read and one folder listed. The whole
 * view may be deleted at any time. A damaged artifact is left out; the next run makes it again.
 */
export function showView(parts: StoreParts, entries: readonly ViewEntry[]): void {
  const { view } = parts.paths;
  const wanted = wantedView(entries);
  const folders = [...new Set(Object.keys(wanted).map((path) => path.slice(0, path.indexOf('/'))))].sort(compareUtf8);
  const isCurrent = (shown: Shown | undefined): boolean =>
    shown !== undefined && isEqual(shown, wanted) && listFolders(view).join('\0') === folders.join('\0');
  if (isCurrent(readShown(view))) return;
  // Two runs that end at one time would take away what the other is making.
  const lock = new StoreLock(parts.paths.viewLock, LOCK_WAIT_MS);
  try {
    lock.exclusively(() => {
      const shown = readShown(view);
      if (!isCurrent(shown)) changeView(parts, wanted, shown, folders);
    });
  } finally {
    lock.close();
  }
}

function changeView(parts: StoreParts, wanted: Shown, shown: Shown | undefined, folders: readonly string[]): void {
  const { view } = parts.paths;
  const listed = listFolders(view);
  // Without its state a view is rebuilt whole: a crash from here on leaves none.
  rmSync(`${view}/${STATE_NAME}`, { force: true });
  const intact = new Set(listed);
  const isKept = (path: string): boolean =>
    shown !== undefined && shown[path] === wanted[path] && intact.has(path.slice(0, path.indexOf('/')));
  for (const folder of listed) {
    if (shown === undefined || !folders.includes(folder)) rmSync(`${view}/${folder}`, { recursive: true, force: true });
  }
  for (const path of Object.keys(shown ?? {})) {
    if (!isKept(path)) rmSync(`${view}/${path}`, { recursive: true, force: true });
  }
  for (const [path, artifact] of Object.entries(wanted)) {
    if (!isKept(path)) showArtifact(parts, artifact, `${view}/${path}`, path);
  }
  writeDurably(`${view}/${STATE_NAME}`, JSON.stringify(wanted));
}

function wantedView(entries: readonly ViewEntry[]): Shown {
  return Object.fromEntries(
    entries.map(({ stage, output, artifact }) => [`${folderName(stage)}/${folderName(output)}`, artifact]),
  );
}

/** An instance id as a folder name. Brackets, commas and equals signs stay; a slash in a parameter's value cannot. */
function folderName(id: string): string {
  const name = id.replaceAll('%', '%25').replaceAll('/', '%2F').replace(/^\./, '%2E');
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  return `${[...name].slice(0, MAX_NAME_BYTES / 5).join('')}~${digestBytes(id).slice(-12)}`;
}

function showArtifact(parts: StoreParts, artifact: Digest, target: string, shownAs: string): void {
  const { manifest, damage, locations } = inspect(parts, artifact, 'stamps');
  if (manifest === undefined || damage.length > 0) return;
  mkdirSync(dirname(target), { recursive: true });
  if (manifest.entries.length > MAX_FILES) {
    mkdirSync(target);
    writeFileSync(`${target}/README.txt`, viewNote(shownAs, manifest.entries.length));
    return;
  }
  manifest.entries.forEach(({ path }, i) => {
    const at = locations[i]!;
    const file = path === '.' ? target : `${target}/${path}`;
    mkdirSync(dirname(file), { recursive: true });
    // Relative, so that the project can be moved.
    if (at.kind === 'loose') return symlinkSync(relative(dirname(file), at.path), file);
    const reader = new PackReader(at.path);
    try {
      writeFileSync(file, reader.read(at.slice), { mode: 0o444 });
    } finally {
      reader.close();
    }
  });
}

/** Stands in a view for a folder of too many files. */
export function viewNote(shownAs: string, fileCount: number): string {
  const reference = shownAs.replace('/', '.').replaceAll('%2F', '/').replaceAll('%2E', '.').replaceAll('%25', '%');
  return `${fileCount} files, kept in a pack. To have them as files:\n\n    assay export '${reference}' <folder>\n`;
}

/** What a view says that it shows; undefined when it says nothing. */
export function readShown(view: string): Shown | undefined {
  try {
    return JSON.parse(readFileSync(`${view}/${STATE_NAME}`, 'utf8')) as Shown;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function listFolders(view: string): string[] {
  mkdirSync(view, { recursive: true });
  return readdirSync(view)
    .filter((name) => name !== STATE_NAME)
    .sort(compareUtf8);
}

function isEqual(a: Shown, b: Shown): boolean {
  const paths = Object.keys(a);
  return paths.length === Object.keys(b).length && paths.every((path) => a[path] === b[path]);
}
