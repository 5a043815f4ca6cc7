/** The baselines' claims as text: what each paper says, what was measured here, whether the one bears out the other. */
import type { Claim } from './claims.ts';

const WIDTH = 100;
const VERDICT = { true: 'yes', false: 'no', null: 'open' };
const INDENT = '    ';

/** At most 100 columns wide. */
export function formatClaims(dataset: string, claims: readonly Claim[]): string {
  const lines = [
    `The attacks that the paper builds on, on ${dataset}. Accuracies and errors in percent of the test data.`,
  ];
  let paper = '';
  for (const claim of claims) {
    if (claim.paper !== paper) lines.push('', claim.paper);
    paper = claim.paper;
    lines.push(...wrap(`  ${claim.claim}`, `  ${INDENT}`));
    lines.push(
      ...wrap(
        `${INDENT}${VERDICT[String(claim.holds) as keyof typeof VERDICT]}: ${claim.measured}`,
        `${INDENT}${INDENT}`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Broken between words; further lines start with `indent`. */
function wrap(text: string, indent: string): string[] {
  if (text.length <= WIDTH) return [text];
  const cut = text.lastIndexOf(' ', WIDTH);
  return [text.slice(0, cut), ...wrap(`${indent}${text.slice(cut + 1)}`, indent)];
}
