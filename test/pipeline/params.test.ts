import { expect, test } from 'vitest';
import { parsed } from './project.ts';

const text = `
version: 1
params:
  dataset: glyphs
  path: "data/\${dataset}/\${attack.count}"
  literal: "$\${HOME}"
  same: "\${attack}"
  limit: null
  extra: {}
  list: [1, "\${dataset}"]
  attack: { chosen: 7, count: 600, rate: 0.1 }
profiles:
  mnist: { dataset: mnist, attack: { count: 2500 }, list: [2], limit: { seconds: 5 }, extra: { key: value } }
notes: { mnist: takes two hours }
stages:
  a: { program: stages/a.ts, params: [same, attack.count], outputs: { data: dataset } }
`;

test('templates in params keep the type of a whole value', () => {
  expect(parsed(text).params).toMatchInlineSnapshot(`
    {
      "attack": {
        "chosen": 7,
        "count": 600,
        "rate": 0.1,
      },
      "dataset": "glyphs",
      "extra": {},
      "limit": null,
      "list": [
        1,
        "glyphs",
      ],
      "literal": "\${HOME}",
      "path": "data/glyphs/600",
      "same": {
        "chosen": 7,
        "count": 600,
        "rate": 0.1,
      },
    }
  `);
});

test('a profile is merged over params, lists replaced; --set is merged over both, the last one winning', () => {
  const choices = {
    profile: 'mnist',
    set: ['attack.count=5', 'attack={chosen: 3}', 'attack.count=6', 'extra.other=[1]', 'limit=null', 'dataset="7"'],
  };
  const pipeline = parsed(text, { ...choices, set: choices.set.filter((set) => set !== 'limit=null') });
  expect(pipeline.params).toMatchInlineSnapshot(`
    {
      "attack": {
        "chosen": 3,
        "count": 6,
        "rate": 0.1,
      },
      "dataset": "7",
      "extra": {
        "key": "value",
        "other": [
          1,
        ],
      },
      "limit": {
        "seconds": 5,
      },
      "list": [
        2,
      ],
      "literal": "\${HOME}",
      "path": "data/7/6",
      "same": {
        "chosen": 3,
        "count": 6,
        "rate": 0.1,
      },
    }
  `);
  expect(pipeline.note).toBe('takes two hours');
  expect(pipeline.instances[0]?.params).toMatchInlineSnapshot(`
    {
      "attack.count": 6,
      "same": {
        "chosen": 3,
        "count": 6,
        "rate": 0.1,
      },
    }
  `);
});

test('a note belongs to its profile', () => {
  expect(parsed(text).note).toBeNull();
});
