/** `assay audit dataset WHAT --against MANIFEST|WHAT`: whether data from outside is what was published. */
import { auditDataset, type AuditFinding } from '../../audit/audit-dataset.ts';
import { UserError } from '../../base/errors.ts';
import { describeRecords, type DatasetManifest } from '../../dataset/dataset-manifest.ts';
import { renderDatasetAudit, type DatasetAuditJson } from '../../report/render-dataset-audit.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDataset, type OpenedDataset } from '../open-dataset.ts';
import { printJson, printLines } from '../print.ts';
import type { PipelineOptions } from '../project.ts';
import { readManifestFile } from '../read-manifest.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface AuditDatasetOptions extends PipelineOptions {
  readonly against: string;
  readonly pin?: string;
  readonly json?: true;
}

/** Faults of the content, not of the question: data that cannot be read as what it claims to be is a finding. */
const DATA_FAULTS: ReadonlySet<string> = new Set([
  'cifar-corrupt',
  'dataset-ambiguous',
  'dataset-corrupt',
  'dataset-file-corrupt',
  'dataset-link-refused',
  'dataset-part-missing',
  'dataset-parts-differ',
  'dataset-too-large',
  'dataset-unrecognised',
  'idx-corrupt',
  'image-unreadable',
]);

const MANIFEST_FAULTS: Readonly<Record<string, AuditFinding['check']>> = {
  'dataset-manifest-invalid': 'manifest',
  'dataset-manifest-version': 'manifest',
  'dataset-manifest-unverifiable': 'unverifiable',
  'dataset-manifest-pin': 'pin',
};

export async function auditDatasetCommand(
  session: Session,
  what: string,
  options: AuditDatasetOptions,
): Promise<ExitCode> {
  const audit = await runAudit(session, what, options);
  const { out } = session.terminal;
  if (options.json) printJson(out, audit);
  else printLines(out, renderDatasetAudit(audit, out.colors));
  return audit.holds ? EXIT.ok : EXIT.findings;
}

async function runAudit(session: Session, what: string, options: AuditDatasetOptions): Promise<DatasetAuditJson> {
  const { against } = options;
  const failed = (check: AuditFinding['check'], { code, message }: UserError): DatasetAuditJson => ({
    dataset: what,
    against,
    holds: false,
    findings: [{ check, split: null, message: `${message} [${code}]`, indexes: [], records: [] }],
    splits: [],
  });
  let manifest: DatasetManifest;
  try {
    manifest = await readAgainst(session, options);
  } catch (error) {
    const check = error instanceof UserError ? MANIFEST_FAULTS[error.code] : undefined;
    if (check === undefined) throw error;
    return failed(check, error as UserError);
  }
  let opened: OpenedDataset;
  try {
    opened = await openDataset(session, what, options);
  } catch (error) {
    if (!(error instanceof UserError && DATA_FAULTS.has(error.code))) throw error;
    return failed('unreadable', error);
  }
  const { dataset, falseClaim } = opened;
  const audit = auditDataset(dataset, manifest);
  if (falseClaim === null) return { dataset: what, against, ...audit };
  const claim: AuditFinding = { check: 'claim', split: null, message: falseClaim, indexes: [], records: [] };
  return { dataset: what, against, ...audit, holds: false, findings: [claim, ...audit.findings] };
}

/** A manifest file, or a dataset, of which a manifest with all record digests is made. */
async function readAgainst(session: Session, options: AuditDatasetOptions): Promise<DatasetManifest> {
  const found = readManifestFile(session, options.against, options.pin);
  if (found !== null) return found;
  if (options.pin !== undefined) {
    throw new UsageError('manifest-wanted', `--pin is the digest of a manifest file; ${options.against} is none`, {
      hint: 'assay manifest WHAT --out FILE writes one and prints its digest',
    });
  }
  const { dataset, name, falseClaim } = await openDataset(session, options.against, options);
  if (falseClaim !== null) session.terminal.err.line(`warning: ${name}: ${falseClaim}`);
  return describeRecords(dataset, { withRecords: true });
}
