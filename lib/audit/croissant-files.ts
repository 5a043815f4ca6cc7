/** The files that a Croissant describes, held against the files of a folder. Reads only; follows no address. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { compareUtf8 } from '../base/canonical-json.ts';
import { digestFile } from '../base/digest.ts';
import { systemErrorCode, UserError } from '../base/errors.ts';
import { checkPublishedDigest, unverifiable, type DigestCheck } from './published-digest.ts';

export interface CroissantFile extends DigestCheck {
  /** Its @id in the Croissant, or its name, or its place in the list. */
  readonly id: string;
  /** Inside the folder; null where it names no file there. */
  readonly path: string | null;
}

export interface CroissantAudit {
  readonly files: readonly CroissantFile[];
  /** Files of the folder that the Croissant does not name: no fault of theirs, but nothing vouches for them. */
  readonly unlisted: readonly string[];
}

type Node = Readonly<Record<string, unknown>>;

/** Each term as plain name, as `sc:` name and in full: all three occur. */
const TERMS = ['', 'sc:', 'cr:', 'https://schema.org/', 'http://schema.org/', 'http://mlcommons.org/croissant/'];

/** Throws UserError 'croissant-unreadable' when the text is no JSON or describes no file. */
export function auditCroissant(text: string, folder: string): CroissantAudit {
  const distribution = listOf(read(parseNode(text), 'distribution'));
  if (distribution.length === 0) throw unreadable('it describes no file (no "distribution")');
  const root = realpathSync(folder);
  const own = new Map(distribution.map((node, index) => [idOf(node, index), check(node, idOf(node, index), root)]));
  if (own.size < distribution.length) throw unreadable('two of its files have one @id');
  const files = distribution.map((node, index) => contained(node, idOf(node, index), own, distribution));
  const named = new Set(files.map(({ path }) => path));
  return { files, unlisted: listFiles(root).filter((path) => !named.has(path)) };
}

/** A file inside an archive is vouched for by the hash of the archive, and by nothing else that can be read here. */
function contained(
  node: Node,
  id: string,
  own: ReadonlyMap<string, CroissantFile>,
  distribution: readonly Node[],
): CroissantFile {
  const containers = listOf(read(node, 'containedIn')).map((container) => own.get(String(container['@id'])));
  if (containers.length === 0) return own.get(id)!;
  if (read(node, 'sha256') !== undefined) return { id, path: null, ...unverifiable('it lies inside another file') };
  const [container] = containers;
  if (containers.length > 1 || container === undefined || isContained(container.id, distribution)) {
    return { id, path: null, ...unverifiable('it lies inside what the Croissant does not say plainly') };
  }
  const { verdict, reason } = container;
  return { id, path: null, verdict, reason: reason === null ? null : `${container.id}: ${reason}` };
}

function isContained(id: string, distribution: readonly Node[]): boolean {
  return distribution.some((node, index) => idOf(node, index) === id && read(node, 'containedIn') !== undefined);
}

function check(node: Node, id: string, root: string): CroissantFile {
  if (String(node['@type']).endsWith('FileSet')) {
    return { id, path: null, ...unverifiable('a set of loose files has no sha256') };
  }
  const address = read(node, 'contentUrl');
  if (typeof address !== 'string') return { id, path: null, ...unverifiable('it names no file (no contentUrl)') };
  const path = localPath(address);
  const found = path === null ? 'missing' : locate(root, path);
  if (found === 'missing') return { id, path: null, ...unverifiable('there is no such file in the folder') };
  if (found === 'outside') return { id, path: null, ...unverifiable('it leads out of the folder') };
  return { id, path, ...checkPublishedDigest(read(node, 'sha256'), digestFile(join(root, found)).digest) };
}

/** A path as it stands; of an address, which was downloaded, the name at its end. */
function localPath(address: string): string | null {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(address)) return address;
  if (!URL.canParse(address)) return null;
  const name = new URL(address).pathname.split('/').at(-1) ?? '';
  return name === '' ? null : safeDecode(name);
}

function safeDecode(name: string): string | null {
  try {
    return decodeURIComponent(name);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** Where the file lies below the folder when links are followed. */
function locate(root: string, path: string): string {
  let real: string;
  try {
    real = realpathSync(join(root, path));
    if (!statSync(real).isFile()) return 'missing';
  } catch (error) {
    // No such file, or a name that no file can have.
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(systemErrorCode(error) ?? ''))
      return 'missing';
    throw error;
  }
  const inside = relative(root, real);
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) ? 'outside' : inside;
}

function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort(compareUtf8);
}

function read(node: Node, term: string): unknown {
  const values = TERMS.map((prefix) => node[`${prefix}${term}`]).filter((value) => value !== undefined);
  // Two spellings of one term: which of them another reader takes cannot be known.
  return values.length > 1 ? values : values[0];
}

function listOf(value: unknown): Node[] {
  const list = Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
  return list.map((item) => (typeof item === 'object' && item !== null ? (item as Node) : { '@id': item }));
}

function idOf(node: Node, index: number): string {
  const id = node['@id'] ?? read(node, 'name');
  return typeof id === 'string' ? id : `file ${index + 1}`;
}

function parseNode(text: string): Node {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(`it is no JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof value !== 'object' || value === null) throw unreadable('it is no JSON object');
  return value as Node;
}

function unreadable(what: string, cause?: unknown): UserError {
  return new UserError('croissant-unreadable', `the file is no Croissant that can be checked: ${what}`, {
    hint: 'give the JSON-LD that was published beside the dataset',
    cause,
  });
}
