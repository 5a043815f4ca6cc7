/** What every check of `assay verify` works on. */
import type { StorePaths } from '../../store/layout.ts';
import type { Expected } from './expected.ts';
import type { StoreContent } from './store-content.ts';
import type { VerifyMemory } from './verify-memory.ts';

export interface Scene {
  readonly projectRoot: string;
  readonly paths: StorePaths;
  /** Undefined where there is no database. */
  readonly expected: Expected | undefined;
  readonly content: StoreContent;
  readonly memory: VerifyMemory;
}
