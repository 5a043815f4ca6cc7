/** Order of things that need each other. */

export interface Ordered {
  /** Every name, each after all that it needs; otherwise as early as the given order has it. */
  readonly order: readonly string[];
  /** Ways round, each starting and ending with the same name: every name needs the one after it. */
  readonly cycles: readonly (readonly string[])[];
}

/**
 * Visits depth first in the given order, so that the result depends on nothing else. Linear. `needs` may name unknown things,
 * which are passed over. Names on a cycle are ordered as if the need that closes it were absent.
 */
export function orderByNeed(names: readonly string[], needs: (name: string) => readonly string[]): Ordered {
  const known = new Set(names);
  const order: string[] = [];
  const cycles: string[][] = [];
  const state = new Map<string, 'open' | 'done'>();
  // A stack of our own: a chain of 10,000 stages must not exhaust the engine's.
  const stack: { name: string; rest: string[] }[] = [];
  const open = (name: string) => {
    state.set(name, 'open');
    stack.push({
      name,
      rest: needs(name)
        .filter((need) => known.has(need))
        .reverse(),
    });
  };
  for (const name of names) {
    if (state.has(name)) continue;
    open(name);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        state.set(top.name, 'done');
        order.push(top.name);
        stack.pop();
      } else if (state.get(next) === 'open') {
        const start = stack.findIndex((frame) => frame.name === next);
        cycles.push([...stack.slice(start).map((frame) => frame.name), next]);
      } else if (!state.has(next)) {
        open(next);
      }
    }
  }
  return { order, cycles };
}
