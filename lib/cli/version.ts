/** What this program says of itself in the package.json it was installed with. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InternalError } from '../base/errors.ts';

interface PackageFacts {
  readonly version: string;
  readonly engines: { readonly node: string };
}

const FACTS = readFacts();

export const ASSAY_VERSION = FACTS.version;
/** As npm writes it: `>=20.19`. */
export const NEEDED_NODE = FACTS.engines.node;

/** The nearest one upwards: how deep this file lies depends on whether it is bundled. */
function readFacts(): PackageFacts {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; dirname(folder) !== folder; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as PackageFacts;
  }
  throw new InternalError(`assay lies in its package: got ${here}`);
}
