/** What an instance came to, as a sign, a word and a colour: never by colour alone. */
import { groupBy } from '../../base/group-by.ts';
import type { InstanceState } from './facts.ts';
import { html, type Html } from './markup.ts';

/** In the order in which counts are told. */
export const STATES: readonly InstanceState[] = [
  'ran',
  'cached',
  'shared',
  'running',
  'waiting',
  'failed',
  'interrupted',
  'skipped',
];

export const SIGNS: Readonly<Record<InstanceState, string>> = {
  ran: '✓',
  cached: '=',
  shared: '⇄',
  running: '▸',
  waiting: '…',
  failed: '✕',
  interrupted: '‖',
  skipped: '–',
};

export function stateMark(state: InstanceState): Html {
  return html`<span class="state ${state}"><span aria-hidden="true">${SIGNS[state]}</span> ${state}</span>`;
}

export function countStates(states: Iterable<InstanceState>): { state: InstanceState; count: number }[] {
  const groups = groupBy(states, (state) => state);
  return STATES.flatMap((state) => {
    const count = groups.get(state)?.length ?? 0;
    return count === 0 ? [] : [{ state, count }];
  });
}

/** Of many instances the one that a reader should hear of first. */
export function worstState(states: Iterable<InstanceState>): InstanceState {
  const present = new Set(states);
  const order: readonly InstanceState[] = ['failed', 'interrupted', 'skipped', 'running', 'waiting', 'ran', 'shared'];
  return order.find((state) => present.has(state)) ?? 'cached';
}
