/** The two files of a Croissant export: croissant.json, and the table of records beside it. */
import { join } from 'node:path';
import { digestHex, type Digest } from '../../base/digest.ts';
import type { Dataset } from '../../dataset/dataset.ts';
import { verifyDataset } from '../../dataset/dataset-folder.ts';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { croissantMetadata, METADATA_FILE, RECORDS_FILE } from './croissant.ts';
import type { Descent } from './descent.ts';
import { prettyJson } from './identifiers.ts';
import { readDatasetDescription } from './read-description.ts';
import { recordTable } from './record-table.ts';

/**
 * File name to bytes. Reads every record, so that none is described otherwise than it is. Throws UserError blob-missing,
 * blob-altered, dataset-corrupt.
 */
export function croissantFolder(descent: Descent, store: ArtifactStore): Record<string, Uint8Array> {
  const { digest } = descent.root;
  const files = store.readManifest(digest).entries;
  const dataset = readDatasetDescription(store, digest) === null ? null : readRecords(store, digest);
  const records = dataset === null ? null : { dataset, table: recordTable(dataset) };
  const metadata = Buffer.from(prettyJson(croissantMetadata({ descent, files, records })), 'utf8');
  return { [METADATA_FILE]: metadata, ...(records === null ? {} : { [RECORDS_FILE]: records.table }) };
}

function readRecords(store: ArtifactStore, artifact: Digest): Dataset {
  const folder = join(store.paths.staging, `attest-${process.pid}-${digestHex(artifact).slice(0, 16)}`);
  try {
    store.materialise(artifact, folder);
    return verifyDataset(folder);
  } finally {
    store.releaseTree(folder);
  }
}
