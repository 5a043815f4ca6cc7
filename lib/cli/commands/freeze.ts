/** `assay freeze WHAT`: signs every file and layer of a model, keeps the model, and so can tell later what became of it. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { readFrozen, signFolder, writeFrozen } from '../../audit/frozen.ts';
import { KeyStore } from '../../audit/keys.ts';
import { readUntrusted } from '../../audit/model-signing.ts';
import { writeDurably } from '../../base/durable-write.ts';
import { formatCount } from '../../report/quantities.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { withModel, type OpenedModel } from '../open-model.ts';
import { printJson, printLines } from '../print.ts';
import type { PipelineOptions } from '../project.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface FreezeOptions extends PipelineOptions {
  readonly out?: string;
  readonly replace?: true;
  readonly json?: true;
}

/** `assay freeze --json`. */
export interface FreezeJson {
  readonly name: string;
  readonly artifact: string | null;
  readonly files: number;
  readonly layers: number;
  readonly keyId: string;
  /** Where the signature lies. */
  readonly signatures: readonly string[];
}

export async function freezeCommand(session: Session, what: string, options: FreezeOptions): Promise<ExitCode> {
  const key = KeyStore.open(session.env).signingKey('p256');
  await withModel(session, what, options, (model) => {
    const { name, path, artifact } = model;
    const bundle = signFolder(path, { name, artifact }, key);
    refuseOther(model, options);
    const signatures = write(session, model, bundle, options);
    const signed = readUntrusted(bundle);
    const tensors = signed?.assay?.tensors;
    const counts = { files: signed?.files.length ?? 0, layers: Array.isArray(tensors) ? tensors.length : 0 };
    const { out } = session.terminal;
    if (options.json) {
      printJson(out, { name, artifact, ...counts, keyId: key.keyId, signatures } satisfies FreezeJson);
      return;
    }
    const layers = counts.layers === 0 ? '' : ` and ${formatCount(counts.layers, 'layer')}`;
    printLines(out, [
      `froze ${name}: ${formatCount(counts.files, 'file')}${layers}, signed by ${key.keyId.slice(0, 16)}`,
      ...signatures.map((each) => `wrote ${each}`),
    ]);
  });
  return EXIT.ok;
}

/** What was frozen before is what later models are held against: not replaced by a slip of the fingers. */
function refuseOther({ name, artifact, parts }: OpenedModel, { replace }: FreezeOptions): void {
  if (artifact === null || parts === null || replace) return;
  const before = readFrozen(parts.store.paths, name);
  if (before === undefined || readUntrusted(before)?.assay?.artifact === artifact) return;
  throw new UsageError('already-frozen', `${name} is frozen already, as another model`, {
    hint: `assay verify ${name} tells them apart; --replace freezes this one in its place`,
  });
}

function write(
  session: Session,
  { name, artifact, parts }: OpenedModel,
  bundle: string,
  options: FreezeOptions,
): string[] {
  const written: string[] = [];
  if (artifact !== null && parts !== null) {
    written.push(relative(session.cwd, writeFrozen(parts.store.paths, name, bundle)));
  }
  const out = options.out ?? (artifact === null ? `${name}.sig` : undefined);
  if (out !== undefined) {
    const target = resolve(session.cwd, out);
    if (existsSync(target) && !options.replace) {
      throw new UsageError('target-exists', `${out} exists already`, {
        hint: 'name another with --out, or --replace it',
      });
    }
    writeDurably(target, bundle);
    written.push(out);
  }
  return written;
}
