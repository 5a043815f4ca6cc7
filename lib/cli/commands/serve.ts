/** `assay serve`: the page of the newest run, in a browser of this machine, while it goes on. */
import { basename } from 'node:path';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { catchInterrupts } from '../interrupts.ts';
import { LivePage } from '../page/live-page.ts';
import { servePage } from '../page/page-server.ts';
import { findProjectRoot } from '../project.ts';
import type { Session } from '../session.ts';

export interface ServeOptions {
  /** A free one unless given. */
  readonly port?: number;
}

/** Until it is interrupted, which is its proper end. */
export async function serveCommand(session: Session, { port = 0 }: ServeOptions): Promise<ExitCode> {
  const projectRoot = findProjectRoot(session);
  const { out, err } = session.terminal;
  const live = new LivePage(projectRoot, session);
  const server = await servePage(port, () => live.current());
  const interrupts = catchInterrupts(
    () => err.line('stopped'),
    () => {},
  );
  out.line(server.url);
  err.line(`the newest run of ${basename(projectRoot)}, for this machine only; Ctrl-C ends it`);
  try {
    if (!interrupts.signal.aborted) {
      await new Promise((resolve) => interrupts.signal.addEventListener('abort', resolve, { once: true }));
    }
    await server.close();
    return EXIT.ok;
  } finally {
    interrupts.release();
  }
}
