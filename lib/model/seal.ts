/** What vouches for a note that is kept where others may write: a finding that need not be found again, a training to be continued. */
import type { Json } from '../base/canonical-json.ts';

/** Made with the user's own key, so that who may write to the project and has not the key can make none. */
export interface Seal {
  /** `tag` keeps notes of different kinds apart. Null where no key can be used: the note is then believed by nobody. */
  seal(tag: string, note: Json): string | null;
  /** Whether the text is this user's seal of the note. */
  holds(tag: string, note: Json, seal: string | null): boolean;
}
