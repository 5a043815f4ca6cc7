/** The verdict of the check in one sentence, for the head of the page. */
import { unreachable } from '../../base/errors.ts';
import { formatCount, formatSize } from '../quantities.ts';
import type { AuditFacts, RunFacts } from './facts.ts';
import { html, type Html } from './markup.ts';

export function auditSentence({ audit, run }: RunFacts): Html {
  const more = html` <a href="#audit">What was checked</a>`;
  if (audit === null) {
    const why = run.status === 'running' ? 'the run goes on' : 'this page was made without a check';
    return html`<span class="idle">○ Not checked: ${why}.</span>${more}`;
  }
  const { verdict } = audit;
  const count = findingCount(audit);
  const sound = [...verdict.artifacts.values()].filter((each) => each === 'sound').length;
  const read = `${sound} of ${formatCount(verdict.artifacts.size, 'artifact')} read (${formatSize(verdict.readBytes)})`;
  if (count > 0) return html`<strong class="bad">✕ ${formatCount(count, 'finding')}.</strong> ${read}.${more}`;
  return html`<strong class="good">✓ Sound</strong>: ${read} and as their digests say; ${logWords(audit)}.${more}`;
}

/** Of the check of this run, and of the log as far as it is about this run. */
export function findingCount({ verdict, log }: AuditFacts): number {
  return verdict.findings.length + ('findings' in log ? log.findings.length : 0);
}

function logWords({ log }: AuditFacts): string {
  switch (log.state) {
    case 'checked':
    case 'no-log':
      return `the log of ${formatCount(log.entries, 'signed statement')} agrees with the database`;
    case 'no-key':
      return 'the log was not checked, for no key is known';
    case 'unsigned':
    case 'no-database':
      return 'there is no log of signed statements';
    default:
      return unreachable(log);
  }
}
