import { expect, test } from 'vitest';
import { errorsOf } from './project.ts';

test('bad-matrix: axes', () => {
  const text = `
version: 1
params: { seed: 1, name: x, tree: { leaf: 1 }, list: [1, 2], empty: [], maps: [{ a: 1 }] }
stages:
  a:
    program: stages/a.ts
    matrix: { sed: [1], tree: [1], list: [1], seed: [], name: [1, y] }
    outputs: { data: dataset }
  b:
    program: stages/a.ts
    matrix: { seed: "\${name}", name: "\${list}" }
    outputs: { data: dataset }
  c:
    program: stages/a.ts
    matrix: { seed: [1, 2, 1], tree.leaf: "\${empty}", name: ["\${list}", a] }
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:6:15 error[unknown-param] stage "a": there is no param "sed".
          matrix: { sed: [1], tree: [1], list: [1], seed: [], name: [1, y] }
                    ~~~   did you mean "seed"?

    pipeline.yaml:6:25 error[bad-matrix] stage "a": the param "tree" is a map; an axis takes single values.
          matrix: { sed: [1], tree: [1], list: [1], seed: [], name: [1, y] }
                              ~~~~

    pipeline.yaml:6:36 error[bad-matrix] stage "a": the param "list" is a list; an axis takes single values.
          matrix: { sed: [1], tree: [1], list: [1], seed: [], name: [1, y] }
                                         ~~~~

    pipeline.yaml:6:53 error[bad-matrix] stage "a": the axis "seed" has no values.
          matrix: { sed: [1], tree: [1], list: [1], seed: [], name: [1, y] }
                                                          ~~

    pipeline.yaml:6:64 error[bad-matrix] stage "a": the param "name" is declared as text; found 1.
          matrix: { sed: [1], tree: [1], list: [1], seed: [], name: [1, y] }
                                                                     ~

    pipeline.yaml:10:21 error[bad-matrix] stage "b": an axis is a list of values; "\${name}" gives "x".
          matrix: { seed: "\${name}", name: "\${list}" }
                          ~~~~~~~~~

    pipeline.yaml:10:38 error[bad-matrix] stage "b": the param "name" is declared as text; found 1.
          matrix: { seed: "\${name}", name: "\${list}" }
                                           ~~~~~~~~~

    pipeline.yaml:14:28 error[bad-matrix] stage "c": the axis "seed" has the value 1 twice.
          matrix: { seed: [1, 2, 1], tree.leaf: "\${empty}", name: ["\${list}", a] }
                                 ~

    pipeline.yaml:14:43 error[bad-matrix] stage "c": the axis "tree.leaf" has no values.
          matrix: { seed: [1, 2, 1], tree.leaf: "\${empty}", name: ["\${list}", a] }
                                                ~~~~~~~~~~

    pipeline.yaml:14:62 error[bad-matrix] stage "c": an axis takes text, numbers, true and false; found a list.
          matrix: { seed: [1, 2, 1], tree.leaf: "\${empty}", name: ["\${list}", a] }
                                                                   ~~~~~~~~~"
  `);
});

test('bad-matrix: inherited axes must agree', () => {
  const text = `
version: 1
params: { seed: 1, name: x }
stages:
  a: { program: stages/a.ts, matrix: { seed: [1, 2] }, outputs: { data: dataset } }
  b: { program: stages/a.ts, matrix: { seed: [1, 3] }, outputs: { data: dataset } }
  c: { program: stages/a.ts, inputs: { a: a.data, b: b.data }, outputs: { data: dataset } }
  d: { program: stages/a.ts, matrix: { seed: [2, 3] }, inputs: { a: a.data }, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:6:54 error[bad-matrix] stage "c": "a" and "b" run over different values of "seed".
        c: { program: stages/a.ts, inputs: { a: a.data, b: b.data }, outputs: { data: dataset } }
                                                           ~~~~~~   choose the values here: matrix: { seed: […] }

    pipeline.yaml:7:40 error[bad-matrix] stage "d": it reads "a", which has no instance with "seed" 3.
        d: { program: stages/a.ts, matrix: { seed: [2, 3] }, inputs: { a: a.data }, outputs: { data: dataset } }
                                             ~~~~"
  `);
});

test('bad-matrix: names too long for a folder', () => {
  const text = `
version: 1
params: { a: "", b: "", c: "" }
stages:
  a:
    program: stages/a.ts
    matrix:
      a: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
      b: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
      c: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:6:5 error[bad-matrix] stage "a": the instance name "a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,c=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" is longer than 180 bytes.
          matrix:
          ~~~~~~   use shorter values or fewer axes"
  `);
});

test('matrix-too-large', () => {
  const text = `
version: 1
params: { a: 1, b: 1, n: [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127,128,129,130,131,132,133,134,135,136,137,138,139,140,141,142,143,144,145,146,147,148,149,150,151,152,153,154,155,156,157,158,159,160,161,162,163,164,165,166,167,168,169,170,171,172,173,174,175,176,177,178,179,180,181,182,183,184,185,186,187,188,189,190,191,192,193,194,195,196,197,198,199,200,201,202,203,204,205,206,207,208,209,210,211,212,213,214,215,216,217,218,219,220,221,222,223,224,225,226,227,228,229,230,231,232,233,234,235,236,237,238,239,240,241,242,243,244,245,246,247,248,249,250,251,252,253,254,255,256,257,258,259,260,261,262,263,264,265,266,267,268,269,270,271,272,273,274,275,276,277,278,279,280,281,282,283,284,285,286,287,288,289,290,291,292,293,294,295,296,297,298,299,300,301,302,303,304,305,306,307,308,309,310,311,312,313,314,315,316,317,318,319,320,321,322,323,324,325,326,327,328,329,330,331,332,333,334,335,336,337,338,339,340,341,342,343,344,345,346,347,348,349,350,351,352,353,354,355,356,357,358,359,360,361,362,363,364,365,366,367,368,369,370,371,372,373,374,375,376,377,378,379,380,381,382,383,384,385,386,387,388,389,390,391,392,393,394,395,396,397,398,399] }
stages:
  a:
    program: stages/a.ts
    matrix: { a: "\${n}", b: "\${n}" }
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:6:5 error[matrix-too-large] stage "a": its matrix makes 160000 instances (400 x 400); 100000 is the most.
          matrix: { a: "\${n}", b: "\${n}" }
          ~~~~~~   split the sweep over profiles"
  `);
});

test('bad-template: which matrix stage is read may not depend on a matrix', () => {
  const text = `
version: 1
params: { which: left, seed: 1 }
stages:
  left: { program: stages/a.ts, outputs: { data: dataset } }
  right: { program: stages/a.ts, matrix: { seed: [1, 2] }, outputs: { data: dataset } }
  read:
    program: stages/a.ts
    matrix: { which: [left, right] }
    inputs: { data: "\${which}.data" }
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:9:21 error[bad-template] stage "read": "right.data" runs over a matrix, but which stage is read here depends on a matrix itself.
          inputs: { data: "\${which}.data" }
                          ~~~~~~~~~~~~~~~   name one instance, or write right[*].data"
  `);
});

test('bad-duration', () => {
  const text = `
version: 1
params: { long: 90 }
stages:
  a: { program: stages/a.ts, timeout: 90, outputs: { data: dataset } }
  b: { program: stages/a.ts, timeout: 1.5h, outputs: { data: dataset } }
  c: { program: stages/a.ts, timeout: "\${long}", outputs: { data: dataset } }
  d: { program: stages/a.ts, timeout: 25d, outputs: { data: dataset } }
  e: { program: stages/a.ts, timeout: 0s, outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:4:39 error[wrong-type] stage "a": "timeout" must be a duration such as 90s, 15m or 1h30m; found 90.
        a: { program: stages/a.ts, timeout: 90, outputs: { data: dataset } }
                                            ~~

    pipeline.yaml:5:39 error[bad-duration] stage "b": "1.5h" is not a duration.
        b: { program: stages/a.ts, timeout: 1.5h, outputs: { data: dataset } }
                                            ~~~~   days, hours, minutes and seconds, in this order, up to 24d: 90s, 15m, 2h, 1h30m

    pipeline.yaml:6:39 error[bad-duration] stage "c": "90" is not a duration.
        c: { program: stages/a.ts, timeout: "\${long}", outputs: { data: dataset } }
                                            ~~~~~~~~~   days, hours, minutes and seconds, in this order, up to 24d: 90s, 15m, 2h, 1h30m

    pipeline.yaml:7:39 error[bad-duration] stage "d": "25d" is not a duration.
        d: { program: stages/a.ts, timeout: 25d, outputs: { data: dataset } }
                                            ~~~   days, hours, minutes and seconds, in this order, up to 24d: 90s, 15m, 2h, 1h30m

    pipeline.yaml:8:39 error[bad-duration] stage "e": "0s" is not a duration.
        e: { program: stages/a.ts, timeout: 0s, outputs: { data: dataset } }
                                            ~~   days, hours, minutes and seconds, in this order, up to 24d: 90s, 15m, 2h, 1h30m"
  `);
});

test('wrong-type, bad-expectation: in expectations by class, of a share and of roots', () => {
  const text = `
version: 1
params: { some: text, class: { a: 1 } }
stages:
  a: { program: stages/a.ts, outputs: { data: dataset } }
  b:
    program: stages/a.ts
    inputs: { data: a.data }
    outputs: { data: dataset, other: dataset }
    expect:
      data: { added: { 7: "\${some}" }, relabelled: { "\${class}": 1 }, max_class_share: "\${some}" }
      other: { changed: "\${some}", root: { train: abc } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:10:27 error[wrong-type] stage "b": this must be a whole number of at least 0; "\${some}" gives "text".
            data: { added: { 7: "\${some}" }, relabelled: { "\${class}": 1 }, max_class_share: "\${some}" }
                                ~~~~~~~~~

    pipeline.yaml:10:66 error[wrong-type] stage "b": this must be text; "\${class}" gives a map.
            data: { added: { 7: "\${some}" }, relabelled: { "\${class}": 1 }, max_class_share: "\${some}" }
                                                                       ~

    pipeline.yaml:10:88 error[wrong-type] stage "b": this must be a number from 0 to 1; it is "text".
            data: { added: { 7: "\${some}" }, relabelled: { "\${class}": 1 }, max_class_share: "\${some}" }
                                                                                             ~~~~~~~~~

    pipeline.yaml:11:25 error[wrong-type] stage "b": this must be a whole number of at least 0; "\${some}" gives "text".
            other: { changed: "\${some}", root: { train: abc } }
                              ~~~~~~~~~

    pipeline.yaml:11:51 error[bad-expectation] stage "b": "abc" is not a digest.
            other: { changed: "\${some}", root: { train: abc } }
                                                        ~~~   sha256: and 64 lowercase hex digits"
  `);
});

test('bad-expectation, unknown-output, unknown-input: in expect', () => {
  const text = `
version: 1
params: { some: text }
stages:
  a: { program: stages/a.ts, matrix: { some: [x, y] }, outputs: { data: dataset, model: model } }
  b:
    program: stages/a.ts
    inputs: { all: "a[*].data", model: a.model, data: a.data }
    outputs: { data: dataset, model: model }
    expect:
      dta: { count: 1 }
      model: { added: 1 }
      data: { against: dat, added: "\${some}", digest: abc }
  c:
    program: stages/a.ts
    inputs: { one: a.data, two: a.data }
    outputs: { data: dataset, other: dataset, third: dataset }
    expect:
      data: { added: 1 }
      other: { count: 1, classes: { "0": "\${some}x" } }
  d:
    program: stages/a.ts
    inputs: { all: "a[*].data" }
    outputs: { data: dataset, other: dataset }
    expect:
      data: { against: all, removed: 0 }
      other: { removed: 0 }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:10:7 error[unknown-output] stage "b": it has no output "dta".
            dta: { count: 1 }
            ~~~   did you mean "data"?

    pipeline.yaml:11:16 error[bad-expectation] stage "b": "added" counts records of a dataset; the output "model" is of kind model.
            model: { added: 1 }
                     ~~~~~   other kinds have a digest to expect

    pipeline.yaml:12:24 error[unknown-input] stage "b": it has no input "dat" to compare with.
            data: { against: dat, added: "\${some}", digest: abc }
                             ~~~   did you mean "data"?

    pipeline.yaml:12:36 error[wrong-type] stage "b": this must be a whole number of at least 0; "\${some}" gives "x".
            data: { against: dat, added: "\${some}", digest: abc }
                                         ~~~~~~~~~

    pipeline.yaml:12:55 error[bad-expectation] stage "b": "abc" is not a digest.
            data: { against: dat, added: "\${some}", digest: abc }
                                                            ~~~   sha256: and 64 lowercase hex digits

    pipeline.yaml:18:15 error[missing-key] stage "c": "added" of "data" compares with an input; say which with "against".
            data: { added: 1 }
                    ~~~~~   add "against: one" or "against: two"

    pipeline.yaml:19:42 error[wrong-type] stage "c": this must be a whole number of at least 0; "\${some}x" gives "xx".
            other: { count: 1, classes: { "0": "\${some}x" } }
                                               ~~~~~~~~~~

    pipeline.yaml:25:24 error[bad-expectation] stage "d": the input "all" holds many artifacts; records are compared with one dataset.
            data: { against: all, removed: 0 }
                             ~~~

    pipeline.yaml:26:16 error[missing-key] stage "d": "removed" of "other" compares with an input; say which with "against".
            other: { removed: 0 }
                     ~~~~~~~   no input of the stage is one dataset"
  `);
});

test('bad-matrix: lists of maps', () => {
  const text = `
version: 1
params: { seed: 1, name: x, none: [], cells: [{ seed: [1], name: [y] }, { seed: [a] }], few: [{ seed: [1] }] }
stages:
  a: { program: stages/a.ts, matrix: [], outputs: { data: dataset } }
  b: { program: stages/a.ts, matrix: "\${name}", outputs: { data: dataset } }
  c: { program: stages/a.ts, matrix: "\${none}", outputs: { data: dataset } }
  d: { program: stages/a.ts, matrix: "\${cells}", outputs: { data: dataset } }
  e:
    program: stages/a.ts
    matrix: [{ seed: [1], name: [x] }, { seed: [2, z], name: [] }, { seed: [3] }]
    outputs: { data: dataset }
  f: { program: stages/a.ts, matrix: [{ seed: [1], name: 5 }, 7], outputs: { data: dataset } }
  g: { program: stages/a.ts, matrix: [{ seed: [1], name: [x] }, { seed: [2], name: [y] }], outputs: { data: dataset } }
  h:
    program: stages/a.ts
    matrix: [{ seed: [1], name: [y] }, { seed: [2], name: [x] }]
    inputs: { data: g.data }
    outputs: { data: dataset }
  i: { program: stages/a.ts, matrix: [{ seed: [1], name: [x] }, { seed: [2] }], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:4:38 error[wrong-type] stage "a": "matrix" must be a map of param path to list of values, a list of such maps, or a template that gives one; found an empty list.
        a: { program: stages/a.ts, matrix: [], outputs: { data: dataset } }
                                           ~~

    pipeline.yaml:5:38 error[bad-matrix] stage "b": a matrix is a map of axes or a list of such maps; "\${name}" gives "x".
        b: { program: stages/a.ts, matrix: "\${name}", outputs: { data: dataset } }
                                           ~~~~~~~~~   write [{ seed: [1, 2] }]

    pipeline.yaml:6:38 error[bad-matrix] stage "c": a matrix is a map of axes or a list of such maps; "\${none}" gives an empty list.
        c: { program: stages/a.ts, matrix: "\${none}", outputs: { data: dataset } }
                                           ~~~~~~~~~   write [{ seed: [1, 2] }]

    pipeline.yaml:7:38 error[bad-matrix] stage "d": the param "seed" is declared as a number; found "a".
        d: { program: stages/a.ts, matrix: "\${cells}", outputs: { data: dataset } }
                                           ~~~~~~~~~~

    pipeline.yaml:10:52 error[bad-matrix] stage "e": the param "seed" is declared as a number; found "z".
          matrix: [{ seed: [1], name: [x] }, { seed: [2, z], name: [] }, { seed: [3] }]
                                                         ~

    pipeline.yaml:10:62 error[bad-matrix] stage "e": the axis "name" has no values.
          matrix: [{ seed: [1], name: [x] }, { seed: [2, z], name: [] }, { seed: [3] }]
                                                                   ~~

    pipeline.yaml:12:58 error[wrong-type] stage "f": "matrix[0].name" must be a list of texts, numbers or booleans, or a template that gives one; found 5.
        f: { program: stages/a.ts, matrix: [{ seed: [1], name: 5 }, 7], outputs: { data: dataset } }
                                                               ~

    pipeline.yaml:12:63 error[wrong-type] stage "f": "matrix[1]" must be a map of param path to list of values; found 7.
        f: { program: stages/a.ts, matrix: [{ seed: [1], name: 5 }, 7], outputs: { data: dataset } }
                                                                    ~

    pipeline.yaml:16:5 error[bad-matrix] stage "h": no combination of its matrix is one of those of all that it reads.
          matrix: [{ seed: [1], name: [y] }, { seed: [2], name: [x] }]
          ~~~~~~

    pipeline.yaml:19:65 error[bad-matrix] stage "i": the maps of a matrix name the same axes; found "name, seed" and "seed".
        i: { program: stages/a.ts, matrix: [{ seed: [1], name: [x] }, { seed: [2] }], outputs: { data: dataset } }
                                                                      ~~~~~~~~~~~~~   give each map one value of the axis it does not vary"
  `);
});
