/** The version of this program, from the package.json it was installed with. */
import packageJson from '../../package.json' with { type: 'json' };

export const ASSAY_VERSION: string = packageJson.version;
