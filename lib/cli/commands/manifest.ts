/** `assay manifest WHAT`: the small file to publish beside a dataset. */
import { resolve } from 'node:path';
import { digestBytes } from '../../base/digest.ts';
import { writeDurably } from '../../base/durable-write.ts';
import { UserError } from '../../base/errors.ts';
import { describeRecords, encodeManifestFile } from '../../dataset/dataset-manifest.ts';
import { formatSize } from '../../report/quantities.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDataset } from '../open-dataset.ts';
import { printJson, printLines } from '../print.ts';
import type { PipelineOptions } from '../project.ts';
import type { Session } from '../session.ts';

export interface ManifestOptions extends PipelineOptions {
  readonly out?: string;
  readonly records?: true;
  readonly json?: true;
}

export async function manifestCommand(session: Session, what: string, options: ManifestOptions): Promise<ExitCode> {
  const { dataset, falseClaim, name } = await openDataset(session, what, options);
  if (falseClaim !== null) {
    throw new UserError('dataset-corrupt', `${name}: ${falseClaim}`, {
      hint: 'no manifest is written of a dataset that contradicts itself: find out first which side was altered',
    });
  }
  const manifest = describeRecords(dataset, { withRecords: options.records === true });
  const text = encodeManifestFile(manifest);
  const { out } = session.terminal;
  if (options.out === undefined) {
    // The file itself is JSON: with and without --json.
    out.write(text);
    return EXIT.ok;
  }
  writeDurably(resolve(session.cwd, options.out), text);
  const digest = digestBytes(text);
  if (options.json) printJson(out, { file: options.out, digest, sizeBytes: Buffer.byteLength(text) });
  else {
    printLines(out, [
      `wrote ${options.out} (${formatSize(Buffer.byteLength(text))})`,
      `its digest, to print where nobody can change it: ${digest}`,
    ]);
  }
  return EXIT.ok;
}
