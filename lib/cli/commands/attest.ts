/** `assay attest WHAT --as FORMAT [--out FILE]`: an artifact in a form that other tools read. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readDescent, type Ancestor } from '../../audit/exports/descent.ts';
import { digestBytes, shortDigest } from '../../base/digest.ts';
import { writeDurably } from '../../base/durable-write.ts';
import { InternalError } from '../../base/errors.ts';
import { formatSize } from '../../report/quantities.ts';
import { alignColumns } from '../../report/table.ts';
import { ATTEST_FORMATS, type AttestFormat } from '../attest-formats.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import { findProjectRoot, type PipelineOptions } from '../project.ts';
import { resolveArtifact } from '../resolve-artifact.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { withParts } from '../wire.ts';

export interface AttestOptions extends PipelineOptions {
  readonly as: string;
  readonly out?: string;
  readonly json?: true;
}

interface NewFile {
  /** As the user would type it. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export async function attestCommand(session: Session, what: string, options: AttestOptions): Promise<ExitCode> {
  const format = ATTEST_FORMATS[options.as];
  if (format === undefined) throw new InternalError(`a format that the command line lets through: got ${options.as}`);
  await withParts(findProjectRoot(session), session, async (parts) => {
    const { digest, name, isCurrent } = await resolveArtifact(parts, session, what, options);
    const { out, err } = session.terminal;
    if (isCurrent === false) err.line(`warning: ${name} is stale: this is the result of an earlier run`);
    const descent = readDescent(parts.lineage, digest);
    const shown = name ?? descent.root.name;
    refuseOtherKind(descent.root, shown, options.as, format);
    const written = format.write(descent, parts, { digest, name: shown, session });
    if (written === '') {
      throw new UsageError('nothing-recorded', `no recorded execution made ${shown}`, {
        hint: 'what was read from the project as it lay there has no history; ask for what was made from it',
      });
    }
    if (options.out === undefined) {
      if (typeof written !== 'string') throw needsFolder(options.as, Object.keys(written));
      out.write(written);
      return;
    }
    const files = filesOf(written, options.out);
    for (const { path, bytes } of files) refuseOther(resolve(session.cwd, path), path, bytes);
    for (const { path, bytes } of files) writeDurably(resolve(session.cwd, path), bytes);
    if (options.json) printJson(out, { artifact: digest, name: shown, format: options.as, files: files.map(fileJson) });
    else
      printLines(out, alignColumns(files.map(({ path, bytes }) => [path, formatSize(bytes.length), digestOf(bytes)])));
  });
  return EXIT.ok;
}

function refuseOtherKind({ kind }: Ancestor, shown: string, as: string, { kinds }: AttestFormat): void {
  if (kinds === undefined || kinds.includes(kind)) return;
  const [wanted] = kinds;
  throw new UsageError(
    'attest-kind',
    `${as} describes a ${wanted}; ${shown} is ${kind === null ? 'an input of the project' : `of kind ${kind}`}`,
    {
      hint: `if it is a ${wanted}, say so in pipeline.yaml: the kind of that output`,
    },
  );
}

function filesOf(written: string | Readonly<Record<string, Uint8Array>>, out: string): NewFile[] {
  if (typeof written === 'string') return [{ path: out, bytes: Buffer.from(written, 'utf8') }];
  return Object.entries(written).map(([name, bytes]) => ({ path: join(out, name), bytes }));
}

/** The same bytes may be written again; anything else is the user's. */
function refuseOther(target: string, path: string, bytes: Uint8Array): void {
  if (!existsSync(target) || Buffer.compare(readFileSync(target), bytes) === 0) return;
  throw new UsageError('target-exists', `${path} exists already`, { hint: 'name a path that does not exist' });
}

function needsFolder(as: string, names: readonly string[]): UsageError {
  return new UsageError('attest-needs-folder', `${as} is written into a folder, as ${names.join(' and ')}`, {
    hint: 'say into which: --out DIR',
  });
}

function fileJson({ path, bytes }: NewFile): object {
  return { path, sizeBytes: bytes.length, digest: digestBytes(bytes) };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256 ${shortDigest(digestBytes(bytes))}`;
}
