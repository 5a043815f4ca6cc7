/** What `assay attest` was asked for, and by whom. */
import type { Digest } from '../base/digest.ts';
import type { Session } from './session.ts';

export interface AttestRequest {
  readonly digest: Digest;
  /** `retrain.model`; a digest where nothing is known to have made it. */
  readonly name: string;
  readonly session: Session;
}
