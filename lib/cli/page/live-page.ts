/** The page of the newest run as it is now. It is made again only when something has changed. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestBytes, shortDigest } from '../../base/digest.ts';
import { PlotDrawer } from '../../report/page/draw-plot.ts';
import { LIVE_SCRIPT } from '../../report/page/live-script.ts';
import { renderNothing } from '../../report/page/run-page.ts';
import type { Session } from '../session.ts';
import { withParts, type Parts } from '../wire.ts';
import { makePage, type PageTools } from './make-page.ts';

export interface PageVersion {
  /** Names the content: another page has another. */
  readonly tag: string;
  readonly page: string;
}

/** A run that goes on is drawn anew so often although no stage has ended: its bars grow. */
const GROWTH_MS = 10_000;

export class LivePage {
  readonly #projectRoot: string;
  readonly #session: Session;
  #tools: PageTools & { readonly runId: number } = newTools(0);
  #state: string | undefined;
  #version: PageVersion | undefined;
  /** One page is made at a time, for all who ask meanwhile. */
  #making: Promise<PageVersion> | undefined;

  constructor(projectRoot: string, session: Session) {
    this.#projectRoot = projectRoot;
    this.#session = session;
  }

  /** Throws UserError where the database or the store cannot be read. */
  current(): Promise<PageVersion> {
    this.#making ??= this.#make().finally(() => (this.#making = undefined));
    return this.#making;
  }

  async #make(): Promise<PageVersion> {
    // Looking must not make a store where none is.
    if (!existsSync(join(this.#projectRoot, 'artifacts/lineage.db'))) return this.#nothing();
    return withParts(this.#projectRoot, this.#session, async (parts) => {
      const [run] = parts.lineage.listRuns(1);
      if (run === undefined) return this.#nothing();
      const state = this.#stateOf(parts, run.id, run.status);
      if (this.#version !== undefined && state === this.#state) return this.#version;
      if (this.#tools.runId !== run.id) this.#tools = newTools(run.id);
      const request = { run, check: 'quick' as const, liveScript: LIVE_SCRIPT };
      const { page } = await makePage(request, this.#tools, parts, this.#session);
      this.#state = state;
      return (this.#version = versionOf(page));
    });
  }

  #nothing(): PageVersion {
    return versionOf(renderNothing(basename(this.#projectRoot), LIVE_SCRIPT));
  }

  #stateOf({ lineage }: Parts, runId: number, status: string): string {
    const outcomes = lineage.outcomesOf(runId).map(({ instance, outcome }) => [instance, outcome]);
    const executions = lineage.executionsOfRun(runId).map(({ id, status: each }) => [id, each]);
    const growth = status === 'running' ? Math.floor(this.#session.clock.nowMs() / GROWTH_MS) : 0;
    return JSON.stringify([runId, status, outcomes, executions, growth]);
  }
}

/** Of one run: what earlier ones had is not kept for ever. */
function newTools(runId: number): PageTools & { readonly runId: number } {
  return { runId, drawer: new PlotDrawer(), kept: new Map() };
}

function versionOf(page: string): PageVersion {
  return { tag: `"${shortDigest(digestBytes(page))}"`, page };
}
