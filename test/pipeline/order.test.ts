import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderByNeed } from '../../lib/pipeline/order.ts';
import { parsed } from './project.ts';

/** A graph without cycles, in shuffled order: node i needs some of 0 to i - 1. */
const acyclic = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 30 }).chain((lists) => {
  const needs = new Map(lists.map((list, i) => [`s${i}`, i === 0 ? [] : list.map((n) => `s${n % i}`)]));
  return fc.shuffledSubarray([...needs.keys()], { minLength: needs.size }).map((names) => ({ names, needs }));
});

test('everything comes after what it needs, and the order is always the same', () => {
  fc.assert(
    fc.property(acyclic, ({ names, needs }) => {
      const { order, cycles } = orderByNeed(names, (name) => needs.get(name) ?? []);
      expect(cycles).toEqual([]);
      expect([...order].sort()).toEqual([...names].sort());
      const place = new Map(order.map((name, i) => [name, i]));
      for (const [name, list] of needs)
        for (const need of list) expect(place.get(need)).toBeLessThan(place.get(name) as number);
      expect(orderByNeed(names, (name) => needs.get(name) ?? []).order).toEqual(order);
    }),
  );
});

test('a cycle is found exactly when there is one', () => {
  const graph = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(graph, (lists) => {
      const names = lists.map((_, i) => `${i}`);
      const needs = (name: string) => (lists[Number(name)] ?? []).map(String).filter((need) => names.includes(need));
      const { cycles } = orderByNeed(names, needs);
      for (const cycle of cycles) {
        expect(cycle[0]).toBe(cycle.at(-1));
        for (let i = 1; i < cycle.length; i++) expect(needs(cycle[i - 1] as string)).toContain(cycle[i]);
      }
      expect(cycles.length > 0).toBe(names.some((name) => reaches(name, name, needs)));
    }),
  );
});

function reaches(from: string, to: string, needs: (name: string) => string[]): boolean {
  const seen = new Set<string>();
  const next = [...needs(from)];
  for (const name of next) {
    if (name === to) return true;
    if (!seen.has(name)) next.push(...needs(name));
    seen.add(name);
  }
  return false;
}

test('every instance of a pipeline comes after what it reads', () => {
  fc.assert(
    fc.property(acyclic, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), ({ names, needs }, isMatrix) => {
      const stages = names.map((name, i) => {
        const inputs = [...new Set(needs.get(name))].map((need, n) => `i${n}: ${need}.data`).join(', ');
        // Few axes, so that the product of inherited ones stays small.
        const matrix = isMatrix[i] && i % 7 === 0 ? `matrix: { p${i}: [1, 2] }, ` : '';
        return `  ${name}: { program: stages/a.ts, ${matrix}inputs: { ${inputs} }, outputs: { data: dataset } }`;
      });
      if (stages.length === 0) return;
      const params = names.map((_, i) => `p${i}: 1`).join(', ');
      const { instances } = parsed(`version: 1\nparams: { ${params} }\nstages:\n${stages.join('\n')}\n`);
      const place = new Map(instances.map((instance, i) => [instance.id, i]));
      expect(place.size).toBe(instances.length);
      for (const { id, inputs } of instances) {
        for (const input of Object.values(inputs)) {
          if (input.kind === 'output') expect(place.get(input.instance)).toBeLessThan(place.get(id) as number);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('a chain of 100,000 is ordered without exhausting the stack', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `${i}`);
  const { order } = orderByNeed(names, (name) => [String(Number(name) + 1)]);
  expect(order[0]).toBe('99999');
});
