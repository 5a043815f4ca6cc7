/** What the check found, of what it was made, and what it did not look at. */
import type { LogJson } from '../../audit/verify-log.ts';
import { formatCount, formatSize } from '../quantities.ts';
import { noColors } from '../colors.ts';
import { renderLogVerify } from '../render-log-verify.ts';
import { auditSentence } from './audit-sentence.ts';
import type { AuditFacts, RunFacts } from './facts.ts';
import { digestLink, html, type Content, type Html } from './markup.ts';

/** One replaced database may differ in every row. */
const MOST_FINDINGS = 50;

export function renderAudit(facts: RunFacts): Html {
  const { audit } = facts;
  return html`<p class="lead">${auditSentence(facts)}</p>
    ${audit === null ? null : html`${findings(audit)}${checks(audit)}`}
    <h3>Not checked</h3>
    <ul>
      ${unchecked(facts).map((each) => html`<li>${each}</li> `)}
    </ul> `;
}

function findings({ verdict }: AuditFacts): Html | null {
  if (verdict.findings.length === 0) return null;
  const shown = verdict.findings.slice(0, MOST_FINDINGS);
  const rest = verdict.findings.length - shown.length;
  return html`<h3>Findings</h3>
    <ul>
      ${shown.map(({ subject, detail, artifact }) => html`<li><span class="bad">✕</span> ${subject}: ${detail}${artifact === null ? null : html` ${digestLink(artifact)}`}</li> `)}
    </ul>
    ${rest > 0 ? html`<p>and ${rest} more</p>` : null}
    <p>Next: <code>assay verify --repair</code></p> `;
}

function checks({ verdict, log }: AuditFacts): Html {
  const counts = [...verdict.artifacts.values()];
  const sound = counts.filter((each) => each === 'sound').length;
  const lines: Content[] = [
    `${sound} of ${formatCount(counts.length, 'artifact')} sound: every file read and hashed, ${formatSize(verdict.readBytes)}, each file once`,
    `${formatCount(verdict.executions, 'execution')} held against the result record in the store: inputs, outputs, params, metrics, action and its key`,
    ...(verdict.datasets === 0
      ? []
      : [
          `${formatCount(verdict.datasets, 'dataset')}: counts, classes and record digests computed again from the records`,
        ]),
    ...(!('findings' in log) ? [] : [html`the log of signed statements: ${logLines(log)}`]),
  ];
  return html`<h3>Checked</h3>
    <ul>
      ${lines.map((each) => html`<li>${each}</li> `)}
    </ul> `;
}

function logLines(log: LogJson): Content {
  const lines = renderLogVerify(log, noColors);
  return lines.length === 1 ? (lines[0] ?? '') : html`<pre>${lines.join('\n')}</pre>`;
}

function unchecked({ audit, run }: RunFacts): Content[] {
  if (audit === null) {
    const command = html`<code>assay report ${run.id}</code>`;
    return [
      run.status === 'running'
        ? 'Anything: the run goes on, or was killed; the next assay run finds out.'
        : html`Anything. ${command} checks; <code>assay verify</code> checks all that is stored.`,
    ];
  }
  const { verdict, log } = audit;
  const unread = [...verdict.artifacts.values()].filter((each) => each === 'not-read').length;
  return [
    ...(unread === 0
      ? []
      : [
          html`${formatCount(unread, 'artifact')}, to have the page in seconds:
            <code>assay report --check all</code> reads them too`,
        ]),
    ...(log.state === 'unsigned' || log.state === 'no-database'
      ? ['Signatures: there is no log of signed statements here, or no database to hold against it.']
      : []),
    ...(log.state === 'no-key'
      ? [html`The log: no key is known by which to judge it. <code>assay log verify --key FILE</code> names one.`]
      : []),
    html`Results of other runs, and whether the database is whole: <code>assay verify</code>.`,
    html`Whether the log was cut short together with the database: only a checkpoint that was published tells,
      <code>assay log verify checkpoint.txt</code>.`,
    'Whether the programs do what their names say. A digest vouches for bytes, not for their meaning.',
    'This page itself: a copy that was edited says what it likes. Compare its digests with the store.',
  ];
}
