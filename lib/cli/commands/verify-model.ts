/** `assay verify WHAT`: a model against the signature made when it was frozen. Changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { readFrozen } from '../../audit/frozen.ts';
import { verifyModel, type ModelFinding, type ModelReport } from '../../audit/verify-model.ts';
import type { Digest } from '../../base/digest.ts';
import { UserError } from '../../base/errors.ts';
import { renderModelReport } from '../../report/render-model-report.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { knownKeys } from '../known-keys.ts';
import { withArtifact, withModel, type OpenedModel } from '../open-model.ts';
import { printJson, printLines } from '../print.ts';
import type { PipelineOptions } from '../project.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface VerifyModelOptions extends PipelineOptions {
  readonly signature?: string;
  readonly key?: readonly string[];
  readonly json?: true;
}

export async function verifyModelCommand(
  session: Session,
  what: string,
  options: VerifyModelOptions,
): Promise<ExitCode> {
  const report = await reportOn(session, what, options);
  const { out } = session.terminal;
  if (options.json) printJson(out, report);
  else printLines(out, renderModelReport(report, out.colors));
  return report.isSound ? EXIT.ok : EXIT.findings;
}

async function reportOn(session: Session, what: string, options: VerifyModelOptions): Promise<ModelReport> {
  try {
    return await withModel(session, what, options, (model) => {
      // What is not there is told before what key it would need.
      const keys = knownKeys(session, 'p256', options.key ?? [], { only: true });
      const { bundle, ignored } = findBundle(session, model, options);
      const faults: ModelFinding[] = [];
      const withOriginal = <T>(artifact: Digest, use: (folder: string | undefined) => T): T =>
        withOriginalOf(model, artifact, use, (fault) => faults.push(fault));
      const report = verifyModel({ name: model.name, path: model.path, bundle, keys, ignored, withOriginal });
      return { ...report, isSound: report.isSound && faults.length === 0, findings: [...report.findings, ...faults] };
    });
  } catch (error) {
    // The store does not serve what was altered in it: that is the finding.
    if (!(error instanceof UserError) || !/^blob-(altered|missing)$/.test(error.code)) throw error;
    const counts = { files: 0, layers: 0, movedLayers: 0 };
    return { isSound: false, name: what, signedBy: null, ...counts, findings: [storeFault('stored file', error)] };
  }
}

/** `--signature`, or for an artifact what was frozen under its name, or what lies in or beside the folder. */
function findBundle(
  session: Session,
  { name, path, artifact, parts }: OpenedModel,
  { signature }: VerifyModelOptions,
): { readonly bundle: string; readonly ignored: readonly string[] } {
  if (signature === undefined && artifact !== null && parts !== null) {
    const bundle = readFrozen(parts.store.paths, name);
    if (bundle !== undefined) return { bundle, ignored: [] };
    throw new UsageError('not-frozen', `${name} was never frozen`, {
      hint: `assay freeze '${name}', or --signature FILE`,
    });
  }
  const beside = join(dirname(path), `${basename(path)}.sig`);
  const candidates = signature === undefined ? [join(path, 'model.sig'), beside] : [resolve(session.cwd, signature)];
  const file = candidates.find((each) => existsSync(each));
  if (file === undefined) {
    throw new UsageError('signature-missing', `there is no signature of ${name}: ${candidates.join(', ')}`, {
      hint: 'name it with --signature FILE',
    });
  }
  const inside = relative(path, file);
  const isInside = inside !== '' && !inside.startsWith('..');
  return { bundle: readFileSync(file, 'utf8'), ignored: isInside ? [inside.split(sep).join('/')] : [] };
}

/** Sound or not at all: the distance from an altered original would mean nothing. One that was frozen here must be here. */
function withOriginalOf<T>(
  { parts, artifact: asked }: OpenedModel,
  artifact: Digest,
  use: (folder: string | undefined) => T,
  report: (fault: ModelFinding) => void,
): T {
  if (parts === null || (asked === null && !parts.store.has(artifact))) return use(undefined);
  try {
    return withArtifact(parts.store, artifact, use);
  } catch (error) {
    if (!(error instanceof UserError) || !/^blob-(altered|missing)$/.test(error.code)) throw error;
    report(storeFault('frozen original', error));
    return use(undefined);
  }
}

function storeFault(subject: string, { code, message }: UserError): ModelFinding {
  return { problem: code === 'blob-altered' ? 'altered' : 'missing', subject, detail: message, distance: null };
}
