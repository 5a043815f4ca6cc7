import { expect, test } from 'vitest';
import type { StageInstance } from '../../lib/model/stage.ts';
import { errorsOf, parsed } from './project.ts';

/** The instance without places in the text. */
function plain(instance: StageInstance | undefined): unknown {
  return JSON.parse(JSON.stringify(instance, (key, value: unknown) => (key === 'location' ? undefined : value)));
}

/** Id, and what it reads. */
function wiring(instances: readonly StageInstance[]): string[] {
  return instances.map(({ id, inputs }) => {
    const reads = Object.values(inputs).flatMap((input) => {
      if (input.kind === 'path') return [input.path];
      if (input.kind === 'output') return [`${input.instance}.${input.output}`];
      return [`(${input.members.map((member) => `${member.instance}.${member.output}`).join(' ')})`];
    });
    return reads.length === 0 ? id : `${id} <- ${reads.join(' ')}`;
  });
}

test('a stage carries all that the file says, with defaults', () => {
  const pipeline = parsed(
    `
version: 1
params: { seed: 1, url: "http://x", attack: { count: 600 }, hours: 2 }
show: [b.table.csv]
stages:
  b:
    command: [python3, tools/table.py, "{inputs.data}", -n, 5, "x\${attack.count}", "{{context}}", '{"a":{"b":1}}']
    params: [attack, attack.count]
    unkeyed: [url]
    inputs: { data: a.data, image: ./raw/seven.png }
    outputs: { table.csv: file }
    files: [./tools//*.py, "!tools/old.py"]
    env: [LANG, LANG]
    resources: { cpus: 2, memoryMb: "\${attack.count}" }
    timeout: "\${hours}h30m"
    retries: 3
  a: { program: ./stages/b.mjs, outputs: { data: dataset }, expect: { data: { count: 5, classes: { 0: 2, 7: 3 } } } }
`.slice(1),
  );
  expect(pipeline.instances.map(plain)).toMatchInlineSnapshot(`
    [
      {
        "coordinates": {},
        "env": [],
        "expect": {
          "data": {
            "against": null,
            "classes": {
              "0": 2,
              "7": 3,
            },
            "count": 5,
          },
        },
        "files": [],
        "id": "a",
        "inputs": {},
        "outputs": {
          "data": "dataset",
        },
        "params": {},
        "program": {
          "kind": "module",
          "path": "stages/b.mjs",
        },
        "resources": {
          "cpus": 1,
          "gpus": 0,
          "memoryMb": 0,
        },
        "retries": 0,
        "stage": "a",
        "timeoutMs": null,
        "unkeyed": {},
      },
      {
        "coordinates": {},
        "env": [
          "LANG",
        ],
        "expect": {},
        "files": [
          "tools/*.py",
          "!tools/old.py",
        ],
        "id": "b",
        "inputs": {
          "data": {
            "instance": "a",
            "kind": "output",
            "output": "data",
          },
          "image": {
            "kind": "path",
            "path": "raw/seven.png",
          },
        },
        "outputs": {
          "table.csv": "file",
        },
        "params": {
          "attack": {
            "count": 600,
          },
          "attack.count": 600,
        },
        "program": {
          "argv": [
            "python3",
            "tools/table.py",
            "{inputs.data}",
            "-n",
            "5",
            "x600",
            "{{context}}",
            "{"a":{"b":1}}",
          ],
          "kind": "command",
        },
        "resources": {
          "cpus": 2,
          "gpus": 0,
          "memoryMb": 600,
        },
        "retries": 3,
        "stage": "b",
        "timeoutMs": 9000000,
        "unkeyed": {
          "url": "http://x",
        },
      },
    ]
  `);
  expect(pipeline.instances[1]?.location).toMatchInlineSnapshot(`
    {
      "column": 3,
      "file": "pipeline.yaml",
      "length": 1,
      "line": 5,
    }
  `);
  const { instances: _, ...rest } = pipeline;
  expect(rest).toMatchInlineSnapshot(`
    {
      "digest": "sha256:dd10399cdbe252043fce10bc9e20c4320a0b9b1b3aa24eb6b05319c1b30c350a",
      "file": "pipeline.yaml",
      "note": null,
      "overrides": [],
      "params": {
        "attack": {
          "count": 600,
        },
        "hours": 2,
        "seed": 1,
        "url": "http://x",
      },
      "profile": null,
      "show": [
        {
          "instance": "b",
          "output": "table.csv",
        },
      ],
      "targets": [],
    }
  `);
});

test('a matrix stage has an instance for each combination, and what reads it follows', () => {
  const { instances } = parsed(`
version: 1
params: { attack: { chosen: 7, count: 600 }, sweep: { counts: [600, 1200] }, train: { seed: 1 } }
stages:
  all: { program: stages/a.ts, inputs: { metrics: "evaluate[*].metrics" }, outputs: { table: file } }
  one: { program: stages/a.ts, inputs: { data: "poison[count=1200,attack.chosen=7].data" }, outputs: { table: file } }
  evaluate: { program: stages/a.ts, inputs: { model: retrain.model, all: "poison[*].data" }, outputs: { metrics: metrics } }
  retrain: { program: stages/a.ts, matrix: { train.seed: [1, 2] }, inputs: { data: merge.data, clean: fetch.data }, outputs: { model: model } }
  merge: { program: stages/a.ts, matrix: { attack.chosen: [7] }, inputs: { clean: fetch.data, poison: poison.data }, outputs: { data: dataset } }
  poison: { program: stages/a.ts, matrix: { attack.count: "\${sweep.counts}", attack.chosen: [3, 7] }, inputs: { data: fetch.data }, outputs: { data: dataset } }
  fetch: { program: stages/a.ts, outputs: { data: dataset } }
`);
  expect(wiring(instances)).toMatchInlineSnapshot(`
    [
      "fetch",
      "poison[chosen=3,count=600] <- fetch.data",
      "poison[chosen=3,count=1200] <- fetch.data",
      "poison[chosen=7,count=600] <- fetch.data",
      "poison[chosen=7,count=1200] <- fetch.data",
      "merge[chosen=7,count=600] <- fetch.data poison[chosen=7,count=600].data",
      "merge[chosen=7,count=1200] <- fetch.data poison[chosen=7,count=1200].data",
      "retrain[chosen=7,count=600,seed=1] <- merge[chosen=7,count=600].data fetch.data",
      "retrain[chosen=7,count=600,seed=2] <- merge[chosen=7,count=600].data fetch.data",
      "retrain[chosen=7,count=1200,seed=1] <- merge[chosen=7,count=1200].data fetch.data",
      "retrain[chosen=7,count=1200,seed=2] <- merge[chosen=7,count=1200].data fetch.data",
      "evaluate[chosen=7,count=600,seed=1] <- retrain[chosen=7,count=600,seed=1].model (poison[chosen=3,count=600].data poison[chosen=3,count=1200].data poison[chosen=7,count=600].data poison[chosen=7,count=1200].data)",
      "evaluate[chosen=7,count=600,seed=2] <- retrain[chosen=7,count=600,seed=2].model (poison[chosen=3,count=600].data poison[chosen=3,count=1200].data poison[chosen=7,count=600].data poison[chosen=7,count=1200].data)",
      "evaluate[chosen=7,count=1200,seed=1] <- retrain[chosen=7,count=1200,seed=1].model (poison[chosen=3,count=600].data poison[chosen=3,count=1200].data poison[chosen=7,count=600].data poison[chosen=7,count=1200].data)",
      "evaluate[chosen=7,count=1200,seed=2] <- retrain[chosen=7,count=1200,seed=2].model (poison[chosen=3,count=600].data poison[chosen=3,count=1200].data poison[chosen=7,count=600].data poison[chosen=7,count=1200].data)",
      "all <- (evaluate[chosen=7,count=600,seed=1].metrics evaluate[chosen=7,count=600,seed=2].metrics evaluate[chosen=7,count=1200,seed=1].metrics evaluate[chosen=7,count=1200,seed=2].metrics)",
      "one <- poison[chosen=7,count=1200].data",
    ]
  `);
});

test('coordinates stand for their params wherever an instance uses them', () => {
  const { instances, params } = parsed(`
version: 1
params: { attack: { chosen: 7, count: 600, rate: 0.1 }, double: "\${attack.count}-\${attack.count}", deep: { again: "\${double}" }, fixed: "\${attack.rate}" }
stages:
  poison:
    command: [run, "\${attack.count}", "\${deep.again}", "\${fixed}"]
    matrix: { attack.count: [600, 1200] }
    params: [attack.rate, deep, fixed]
    outputs: { data: dataset }
    resources: { memoryMb: "\${attack.count}" }
    expect: { data: { count: "\${attack.count}" } }
  merge:
    shell: "echo \${attack.count}"
    params: [attack]
    inputs: { data: poison.data, same: "poison[count=\${attack.count}].data" }
    outputs: { data: dataset }
  follow: { program: stages/a.ts, inputs: { data: merge.data }, outputs: { data: dataset } }
`);
  const summary = instances.map(({ id, coordinates, params, program, resources, expect, inputs }) => ({
    id,
    coordinates,
    params,
    runs: program.kind === 'command' ? program.argv : program.kind === 'shell' ? program.line : program.path,
    memoryMb: resources.memoryMb,
    count: expect['data']?.count,
    same: inputs['same']?.kind === 'output' ? inputs['same'].instance : undefined,
  }));
  expect(summary).toMatchInlineSnapshot(`
    [
      {
        "coordinates": {
          "attack.count": 600,
        },
        "count": 600,
        "id": "poison[count=600]",
        "memoryMb": 600,
        "params": {
          "attack.count": 600,
          "attack.rate": 0.1,
          "deep": {
            "again": "600-600",
          },
          "fixed": 0.1,
        },
        "runs": [
          "run",
          "600",
          "600-600",
          "0.1",
        ],
        "same": undefined,
      },
      {
        "coordinates": {
          "attack.count": 1200,
        },
        "count": 1200,
        "id": "poison[count=1200]",
        "memoryMb": 1200,
        "params": {
          "attack.count": 1200,
          "attack.rate": 0.1,
          "deep": {
            "again": "1200-1200",
          },
          "fixed": 0.1,
        },
        "runs": [
          "run",
          "1200",
          "1200-1200",
          "0.1",
        ],
        "same": undefined,
      },
      {
        "coordinates": {
          "attack.count": 600,
        },
        "count": undefined,
        "id": "merge[count=600]",
        "memoryMb": 0,
        "params": {
          "attack": {
            "chosen": 7,
            "count": 600,
            "rate": 0.1,
          },
        },
        "runs": "echo 600",
        "same": "poison[count=600]",
      },
      {
        "coordinates": {
          "attack.count": 1200,
        },
        "count": undefined,
        "id": "merge[count=1200]",
        "memoryMb": 0,
        "params": {
          "attack": {
            "chosen": 7,
            "count": 1200,
            "rate": 0.1,
          },
        },
        "runs": "echo 1200",
        "same": "poison[count=1200]",
      },
      {
        "coordinates": {
          "attack.count": 600,
        },
        "count": undefined,
        "id": "follow[count=600]",
        "memoryMb": 0,
        "params": {},
        "runs": "stages/a.ts",
        "same": undefined,
      },
      {
        "coordinates": {
          "attack.count": 1200,
        },
        "count": undefined,
        "id": "follow[count=1200]",
        "memoryMb": 0,
        "params": {},
        "runs": "stages/a.ts",
        "same": undefined,
      },
    ]
  `);
  expect(params).toMatchInlineSnapshot(`
    {
      "attack": {
        "chosen": 7,
        "count": 600,
        "rate": 0.1,
      },
      "deep": {
        "again": "600-600",
      },
      "double": "600-600",
      "fixed": 0.1,
    }
  `);
});

test('values become parts of folder names', () => {
  const { instances } = parsed(
    `
version: 1
params: { a: { name: null }, b: { name: 1 } }
stages:
  a:
    program: stages/a.ts
    matrix: { a.name: [a/b, "x y", "", "50%", "é", "*[=,]'()~", true, -0.5, 1e21, "\${plain}", "$\${literal}", ${'z'.repeat(100)}], b.name: [1] }
    outputs: { data: dataset }
`.replace('b: { name: 1 }', "b: { name: 1 }, plain: '..'"),
  );
  expect(instances.map((instance) => instance.id)).toMatchInlineSnapshot(`
    [
      "a[a.name=a%2Fb,b.name=1]",
      "a[a.name=x%20y,b.name=1]",
      "a[a.name=,b.name=1]",
      "a[a.name=50%25,b.name=1]",
      "a[a.name=%C3%A9,b.name=1]",
      "a[a.name=%2A%5B%3D%2C%5D%27%28%29%7E,b.name=1]",
      "a[a.name=true,b.name=1]",
      "a[a.name=-0.5,b.name=1]",
      "a[a.name=1e+21,b.name=1]",
      "a[a.name=..,b.name=1]",
      "a[a.name=%24%7Bliteral%7D,b.name=1]",
      "a[a.name=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz~bd7475717a88,b.name=1]",
    ]
  `);
  expect(instances.map((instance) => instance.params['a.name'])).toMatchInlineSnapshot(`
    [
      "a/b",
      "x y",
      "",
      "50%",
      "é",
      "*[=,]'()~",
      true,
      -0.5,
      1e+21,
      "..",
      "\${literal}",
      "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
    ]
  `);
});

test('placeholder-like text from a param reaches the command as it is', () => {
  const { instances } = parsed(`
version: 1
params: { text: "{inputs.data} {context} {{context}}" }
stages:
  a: { command: [echo, "\${text}", "say: \${text}"], outputs: { data: file } }
`);
  expect(instances[0]?.program).toMatchInlineSnapshot(`
    {
      "argv": [
        "echo",
        "{{inputs.data}} {{context}} {{{context}}}",
        "say: {{inputs.data}} {{context}} {{{context}}}",
      ],
      "kind": "command",
      "location": {
        "column": 17,
        "file": "pipeline.yaml",
        "length": 33,
        "line": 5,
      },
    }
  `);
});

test('show names every instance of a matrix stage', () => {
  const { show } = parsed(`
version: 1
params: { seed: 1 }
show: [a.table, "a[*].table", "a[seed=2].table", "b.metrics"]
stages:
  a: { program: stages/a.ts, matrix: { seed: [1, 2] }, outputs: { table: file } }
  b: { program: stages/a.ts, outputs: { metrics: metrics } }
`);
  expect(show.map(({ instance, output }) => `${instance}.${output}`)).toMatchInlineSnapshot(`
    [
      "a[seed=1].table",
      "a[seed=2].table",
      "a[seed=1].table",
      "a[seed=2].table",
      "a[seed=2].table",
      "b.metrics",
    ]
  `);
});

test('an expectation counts by classes that params name, and follows a matrix there too', () => {
  const { instances } = parsed(`
version: 1
params: { attack: { chosen: 7, count: 5 }, share: 0.25, none: { 1: 0, 2: 0 } }
stages:
  clean: { program: stages/a.ts, outputs: { data: dataset } }
  merge:
    program: stages/a.ts
    matrix: { attack.chosen: [3, 7] }
    inputs: { clean: clean.data }
    outputs: { data: dataset }
    expect:
      data:
        added: { "\${attack.chosen}": "\${attack.count}" }
        relabelled: {}
        changed: "\${none}"
        max_class_share: "\${share}"
`);
  const expectations = instances.filter(({ stage }) => stage === 'merge').map(({ expect }) => expect['data']);
  expect(expectations.map((expectation) => ({ ...expectation, location: undefined }))).toEqual(
    ['3', '7'].map((chosen) => ({
      against: 'clean',
      added: { [chosen]: 5 },
      relabelled: {},
      changed: { 1: 0, 2: 0 },
      max_class_share: 0.25,
      location: undefined,
    })),
  );
});

test('a matrix may be a list of maps, each of which adds its combinations; what reads the stage has the same', () => {
  const pipeline = parsed(
    `
version: 1
params: { seed: 1, n: 5, name: a, cells: [{ name: [a], n: [1, 2] }, { name: [b, c], n: [2] }] }
stages:
  make: { program: stages/a.ts, matrix: "\${cells}", outputs: { data: dataset } }
  more: { program: stages/a.ts, matrix: { seed: [1, 2] }, inputs: { data: make.data }, outputs: { data: dataset } }
  few: { program: stages/a.ts, matrix: { name: [b, a] }, inputs: { data: make.data }, outputs: { data: dataset } }
  both: { program: stages/a.ts, inputs: { few: few.data, one: "make[name=c,n=2].data" }, outputs: { data: dataset } }
  all: { program: stages/a.ts, inputs: { data: "make[*].data" }, outputs: { data: dataset } }
`.slice(1),
  );
  expect(wiring(pipeline.instances)).toMatchInlineSnapshot(`
    [
      "make[n=1,name=a]",
      "make[n=2,name=a]",
      "make[n=2,name=b]",
      "make[n=2,name=c]",
      "more[n=1,name=a,seed=1] <- make[n=1,name=a].data",
      "more[n=1,name=a,seed=2] <- make[n=1,name=a].data",
      "more[n=2,name=a,seed=1] <- make[n=2,name=a].data",
      "more[n=2,name=a,seed=2] <- make[n=2,name=a].data",
      "more[n=2,name=b,seed=1] <- make[n=2,name=b].data",
      "more[n=2,name=b,seed=2] <- make[n=2,name=b].data",
      "more[n=2,name=c,seed=1] <- make[n=2,name=c].data",
      "more[n=2,name=c,seed=2] <- make[n=2,name=c].data",
      "few[n=1,name=a] <- make[n=1,name=a].data",
      "few[n=2,name=b] <- make[n=2,name=b].data",
      "few[n=2,name=a] <- make[n=2,name=a].data",
      "both[n=1,name=a] <- few[n=1,name=a].data make[n=2,name=c].data",
      "both[n=2,name=b] <- few[n=2,name=b].data make[n=2,name=c].data",
      "both[n=2,name=a] <- few[n=2,name=a].data make[n=2,name=c].data",
      "all <- (make[n=1,name=a].data make[n=2,name=a].data make[n=2,name=b].data make[n=2,name=c].data)",
    ]
  `);
});

test('an instance that a list of maps leaves out cannot be read', () => {
  const text = `
version: 1
params: { n: 5, name: a }
stages:
  make:
    program: stages/a.ts
    matrix: [{ name: [a], n: [1] }, { name: [b], n: [2] }]
    outputs: { data: dataset }
  one: { program: stages/a.ts, inputs: { data: "make[name=a,n=2].data" }, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:8:48 error[unknown-input] stage "one": "make[name=a,n=2].data" names no instance: stage "make" runs over n=1|2, name=a|b.
        one: { program: stages/a.ts, inputs: { data: "make[name=a,n=2].data" }, outputs: { data: dataset } }
                                                     ~~~~~~~~~~~~~~~~~~~~~~~   did you mean "make[n=1,name=a].data"?"
  `);
});

test('what an axis looks up and is not there is told once, however many stages look', () => {
  const text = `
version: 1
params: { name: a, labels: { a: x, b: y }, label: "\${labels.\${name}}" }
stages:
  make: { program: stages/a.ts, matrix: { name: [a, c] }, params: [label], outputs: { data: dataset } }
  more: { program: stages/a.ts, params: [label], inputs: { data: make.data }, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:4:68 error[unknown-param] there is no param "labels.c", which "\${labels.\${name}}" looks up.
        make: { program: stages/a.ts, matrix: { name: [a, c] }, params: [label], outputs: { data: dataset } }
                                                                         ~~~~~   did you mean "labels.a"?"
  `);
});

test('an axis that is unkeyed tells instances apart and stays out of their params', () => {
  const pipeline = parsed(
    `
version: 1
params: { name: a, labels: { a: x, b: y }, label: "\${labels.\${name}}" }
stages:
  make:
    program: stages/a.ts
    matrix: { name: [a, b] }
    unkeyed: [name]
    params: [label]
    outputs: { data: dataset }
`.slice(1),
  );
  expect(pipeline.instances.map(({ id, params, unkeyed }) => [id, params, unkeyed])).toEqual([
    ['make[name=a]', { label: 'x' }, { name: 'a' }],
    ['make[name=b]', { label: 'y' }, { name: 'b' }],
  ]);
});
