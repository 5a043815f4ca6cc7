/** The head of the page: what ran, what came of it, where and from what. */
import { unreachable } from '../../base/errors.ts';
import type { RunStatus } from '../../model/run.ts';
import { formatCount, formatDuration, formatMoment, formatSize } from '../quantities.ts';
import { auditSentence } from './audit-sentence.ts';
import type { RunFacts } from './facts.ts';
import { html, type Content, type Html } from './markup.ts';
import { countStates, stateMark } from './states.ts';

export function renderSummary(facts: RunFacts): Html {
  const { run, instances, artifacts, madeAtMs } = facts;
  const durationMs = (run.endedAtMs ?? madeAtMs) - run.startedAtMs;
  const counts = countStates(instances.map(({ state }) => state));
  const sizeBytes = artifacts.reduce((sum, artifact) => sum + (artifact.sizeBytes ?? 0), 0);
  const tiles: [Content, Content][] = [
    ['stages', instances.length],
    ...counts.map(({ state, count }): [Content, Content] => [stateMark(state), count]),
    [run.endedAtMs === null ? 'so far' : 'took', formatDuration(durationMs)],
    ['artifacts', html`${artifacts.length} <small>${formatSize(sizeBytes)}</small>`],
  ];
  return html`<p class="eyebrow">Assay, a run of ${facts.project}</p>
    <h1>Run ${run.id} <span class="verdict ${run.status}">${statusWords(run.status)}</span></h1>
    <ul class="tiles">
      ${tiles.map(([name, value]) => html`<li><span class="value">${value}</span> <span class="name">${name}</span></li> `)}
    </ul>
    <p class="check">${auditSentence(facts)}</p>
    <dl class="facts">
      ${factRows(facts).map(
        ([term, what]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${what}</dd>
          </div> `,
      )}
    </dl> `;
}

function factRows(facts: RunFacts): [string, Content][] {
  const { run, executions, madeAtMs } = facts;
  const runtime = executions[0]?.action.runtime;
  const computes = [...new Set(executions.map(({ action }) => action.runtime.compute).filter((each) => each !== null))];
  const rows: ([string, Content] | null)[] = [
    ['Command', html`<code>${['assay', ...run.argv].join(' ')}</code>`],
    [
      'Started',
      html`<time datetime="${new Date(run.startedAtMs).toISOString()}">${formatMoment(run.startedAtMs)}</time>`,
    ],
    run.profile === null ? null : ['Profile', run.profile],
    run.overrides.length === 0 ? null : ['Set', html`<code>${run.overrides.join(' ')}</code>`],
    ['Commit', commitOf(facts)],
    [
      'Machine',
      runtime === undefined ? run.host : `${run.host}, ${runtime.platform} ${runtime.arch}, Node ${runtime.node}`,
    ],
    computes.length === 0 ? null : ['Tensors', computes.join(', ')],
    facts.dataset === null ? null : ['Dataset', facts.dataset],
    ['By', run.user],
    ['Pipeline', html`<code class="full">${run.pipelineDigest}</code>`],
    ['Version', `assay ${run.assayVersion}`],
    [
      'This page',
      html`made <time datetime="${new Date(madeAtMs).toISOString()}">${formatMoment(madeAtMs)}</time> by assay
        ${facts.assayVersion}`,
    ],
  ];
  return rows.filter((row) => row !== null);
}

function commitOf({ run, executions }: RunFacts): Content {
  if (run.git !== null)
    return html`<code class="full">${run.git.commit}</code
      >${run.git.isDirty ? ', with edits that were not committed' : null}`;
  return executions.length === 0 ? 'not asked: nothing had to run' : 'none: not in a git repository';
}

/** Also for the page's title. */
export function statusWords(status: RunStatus): string {
  switch (status) {
    case 'ok':
      return 'all done';
    case 'running':
      return 'going on';
    case 'failed':
      return 'failed';
    case 'interrupted':
      return 'interrupted';
    case 'lost':
      return 'ended without a word';
    default:
      return unreachable(status);
  }
}

/** For titles: `22 stages, 22 ran`. */
export function countsText({ instances }: RunFacts): string {
  const counts = countStates(instances.map(({ state }) => state)).map(({ state, count }) => `${count} ${state}`);
  return [formatCount(instances.length, 'stage'), ...counts].join(', ');
}
