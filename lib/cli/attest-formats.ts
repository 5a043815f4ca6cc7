/** The forms in which results are handed to other tools: one line each, from an artifact to the bytes of one file or of several. */
import { modelBom } from '../audit/exports/cyclonedx.ts';
import { croissantFolder } from '../audit/exports/croissant-folder.ts';
import type { Descent } from '../audit/exports/descent.ts';
import { prettyJson } from '../audit/exports/identifiers.ts';
import { openLineageEvents } from '../audit/exports/open-lineage.ts';
import { provDocument } from '../audit/exports/prov-json.ts';
import { canonicalJson } from '../base/canonical-json.ts';
import type { OutputKind } from '../model/stage.ts';
import { attestModel } from './attest-model.ts';
import { attestResults } from './attest-results.ts';
import type { AttestRequest } from './attest-request.ts';
import { attestStatements } from './attest-statements.ts';
import type { Parts } from './wire.ts';

export interface AttestFormat {
  /** What it can describe; null stands for an artifact that no recorded execution made. Undefined: anything. */
  readonly kinds?: readonly (OutputKind | null)[];
  /** One text, or files by name. */
  readonly write: (
    descent: Descent,
    parts: Parts,
    request: AttestRequest,
  ) => string | Readonly<Record<string, Uint8Array>>;
}

export const ATTEST_FORMATS: Readonly<Record<string, AttestFormat>> = {
  croissant: { kinds: ['dataset', null], write: (descent, { store }) => croissantFolder(descent, store) },
  cyclonedx: {
    kinds: ['model'],
    write: (descent, { lineage, store }) => prettyJson(modelBom(descent, lineage, store)),
  },
  prov: { write: (descent) => prettyJson(provDocument(descent)) },
  openlineage: {
    write: (descent, { lineage }) =>
      openLineageEvents(descent, lineage)
        .map((event) => `${canonicalJson(event)}\n`)
        .join(''),
  },
  'in-toto': { write: (_, parts, request) => attestStatements(request, parts) },
  results: { kinds: ['metrics'], write: (descent, parts, request) => attestResults(descent, parts, request) },
  'model-signing': { write: (_, parts, request) => attestModel(request, parts) },
};
