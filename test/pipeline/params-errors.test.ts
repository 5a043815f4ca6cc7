import { expect, test } from 'vitest';
import { errorsOf } from './project.ts';

test('unknown-param: a profile may only change what params declares', () => {
  const text = `
version: 1
params:
  dataset: glyphs
  limit: null
  tag: "007"
  rates: [1, 2]
  attack: { chosen: 7, count: 600 }
profiles:
  mnist: { dataset: mnist, attack: { cuont: 2500 }, limit: 5, datset: x, extra: { deep: 1 } }
stages:
  a: { program: stages/a.ts, params: [dataset, attack], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:9:38 error[unknown-param] profile "mnist": there is no param "attack.cuont" to change.
        mnist: { dataset: mnist, attack: { cuont: 2500 }, limit: 5, datset: x, extra: { deep: 1 } }
                                           ~~~~~   did you mean "attack.count"?

    pipeline.yaml:9:63 error[unknown-param] profile "mnist": there is no param "datset" to change.
        mnist: { dataset: mnist, attack: { cuont: 2500 }, limit: 5, datset: x, extra: { deep: 1 } }
                                                                    ~~~~~~   did you mean "dataset"?

    pipeline.yaml:9:74 error[unknown-param] profile "mnist": there is no param "extra" to change.
        mnist: { dataset: mnist, attack: { cuont: 2500 }, limit: 5, datset: x, extra: { deep: 1 } }
                                                                               ~~~~~"
  `);
});

test('wrong-type: a profile keeps the types of params', () => {
  const text = `
version: 1
params:
  dataset: glyphs
  limit: null
  tag: "007"
  rates: [1, 2]
  attack: { chosen: 7, count: 600 }
profiles:
  mnist: { dataset: 5, attack: [1], rates: { a: 1 }, tag: true, limit: 5 }
stages:
  a: { program: stages/a.ts, params: [dataset, attack], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:9:21 error[wrong-type] profile "mnist": the param "dataset" is declared as text; found 5.
        mnist: { dataset: 5, attack: [1], rates: { a: 1 }, tag: true, limit: 5 }
                          ~

    pipeline.yaml:9:32 error[wrong-type] profile "mnist": the param "attack" is declared as a map; found a list.
        mnist: { dataset: 5, attack: [1], rates: { a: 1 }, tag: true, limit: 5 }
                                     ~~~

    pipeline.yaml:9:44 error[wrong-type] profile "mnist": the param "rates" is declared as a list; found a map.
        mnist: { dataset: 5, attack: [1], rates: { a: 1 }, tag: true, limit: 5 }
                                                 ~~~~~~~~

    pipeline.yaml:9:59 error[wrong-type] profile "mnist": the param "tag" is declared as text; found true.
        mnist: { dataset: 5, attack: [1], rates: { a: 1 }, tag: true, limit: 5 }
                                                                ~~~~"
  `);
});

test('unknown-profile: on the command line', () => {
  const text = `
version: 1
params:
  dataset: glyphs
  limit: null
  tag: "007"
  rates: [1, 2]
  attack: { chosen: 7, count: 600 }
profiles:
  mnist: { dataset: mnist, attack: { count: 2500 }, limit: 5 }
stages:
  a: { program: stages/a.ts, params: [dataset, attack], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text, { profile: 'mnst' })).toMatchInlineSnapshot(`
    "error[unknown-profile] there is no profile "mnst".
      did you mean "mnist"?"
  `);
});

test('unknown-profile: in notes', () => {
  const text = `
version: 1
params:
  dataset: glyphs
  limit: null
  tag: "007"
  rates: [1, 2]
  attack: { chosen: 7, count: 600 }
profiles:
  mnist: { dataset: mnist, attack: { count: 2500 }, limit: 5 }
stages:
  a: { program: stages/a.ts, params: [dataset, attack], outputs: { data: dataset } }
notes: { mnits: slow }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:12:10 error[unknown-profile] there is no profile "mnits".
      notes: { mnits: slow }
               ~~~~~   did you mean "mnist"?"
  `);
});

test('bad-override and unknown-param: --set keeps names and types', () => {
  const text = `
version: 1
params:
  dataset: glyphs
  limit: null
  tag: "007"
  rates: [1, 2]
  attack: { chosen: 7, count: 600 }
profiles:
  mnist: { dataset: mnist, attack: { count: 2500 }, limit: 5 }
stages:
  a: { program: stages/a.ts, params: [dataset, attack], outputs: { data: dataset } }
`.slice(1);
  expect(
    errorsOf(text, {
      set: [
        'attack.cuont=5',
        'attack.count=many',
        'tag=007',
        'rates=1',
        'dataset',
        'dataset=[',
        'attack=7',
        'limit=.inf',
      ],
    }),
  ).toMatchInlineSnapshot(`
    "error[unknown-param] --set attack.cuont=5: there is no param "attack.cuont" to change.
      did you mean "attack.count"?

    error[bad-override] --set attack.count=many: the param "attack.count" is declared as a number; found "many".

    error[bad-override] --set tag=007: the param "tag" is declared as text; found 7.
      quote it: --set 'tag="007"'

    error[bad-override] --set rates=1: the param "rates" is declared as a list; found 1.

    error[bad-override] --set dataset: write a param, "=" and a value.
      --set attack.count=600

    error[bad-override] --set dataset=[: the value is not YAML.
      quote it: --set 'dataset="…"'

    error[bad-override] --set attack=7: the param "attack" is declared as a map; found 7.

    error[bad-override] --set limit=.inf: infinities and NaN cannot be hashed; use a number."
  `);
});

test('unknown-param: in a stage', () => {
  const text = `
version: 1
params:
  dataset: glyphs
  limit: null
  tag: "007"
  rates: [1, 2]
  attack: { chosen: 7, count: 600 }
profiles:
  mnist: { dataset: mnist, attack: { count: 2500 }, limit: 5 }
stages:
  a: { program: stages/a.ts, params: [datset, attack.count.x, attack], unkeyed: [nothing], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:11:39 error[unknown-param] stage "a": there is no param "datset".
        a: { program: stages/a.ts, params: [datset, attack.count.x, attack], unkeyed: [nothing], outputs: { data: dataset } }
                                            ~~~~~~   did you mean "dataset"?

    pipeline.yaml:11:47 error[unknown-param] stage "a": there is no param "attack.count.x".
        a: { program: stages/a.ts, params: [datset, attack.count.x, attack], unkeyed: [nothing], outputs: { data: dataset } }
                                                    ~~~~~~~~~~~~~~   did you mean "attack.count"?

    pipeline.yaml:11:82 error[unknown-param] stage "a": there is no param "nothing".
        a: { program: stages/a.ts, params: [datset, attack.count.x, attack], unkeyed: [nothing], outputs: { data: dataset } }
                                                                                       ~~~~~~~"
  `);
});

test('unknown-param and bad-template: in params', () => {
  const text = `
version: 1
params:
  dir: "data/\${nmae}"
  name: glyphs
  list: ["\${name", "\${}", "x\${tree}", "\${tree.leaf.more}"]
  tree: { leaf: 1 }
profiles:
  p: { name: "\${dirr}" }
stages:
  a: { program: stages/a.ts, params: [dir, list], files: ["\${dir}"], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text, { profile: 'p' })).toMatchInlineSnapshot(`
    "pipeline.yaml:3:14 error[unknown-param] there is no param "nmae".
        dir: "data/\${nmae}"
                   ~~~~~~~   did you mean "name"?

    pipeline.yaml:5:11 error[bad-template] "\${" has no "}".
        list: ["\${name", "\${}", "x\${tree}", "\${tree.leaf.more}"]
                ~~~~~~

    pipeline.yaml:5:21 error[bad-template] "\${}" does not name a param.
        list: ["\${name", "\${}", "x\${tree}", "\${tree.leaf.more}"]
                          ~~~

    pipeline.yaml:5:29 error[bad-template] "\${tree}" inside a text must give text, a number, true or false; it gives a map.
        list: ["\${name", "\${}", "x\${tree}", "\${tree.leaf.more}"]
                                  ~~~~~~~

    pipeline.yaml:5:40 error[unknown-param] there is no param "tree.leaf.more".
        list: ["\${name", "\${}", "x\${tree}", "\${tree.leaf.more}"]
                                             ~~~~~~~~~~~~~~~~~

    pipeline.yaml:8:15 error[unknown-param] there is no param "dirr".
        p: { name: "\${dirr}" }
                    ~~~~~~~   did you mean "dir"?"
  `);
});

test('unknown-param and bad-template: in a stage', () => {
  const text = `
version: 1
params: { name: glyphs, tree: { leaf: 1 }, nothing: null, list: [1] }
stages:
  a:
    command: [echo, "a \${nam} b", "\${tree}", "x\${list}", "\${name", "x\${nothing}"]
    files: ["\${tree.lef}"]
    resources: { cpus: "\${name}" }
    timeout: "\${tree.leaf}"
    retries: "\${tree.leaf}s"
    outputs: { data: dataset }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:5:24 error[unknown-param] stage "a": there is no param "nam".
          command: [echo, "a \${nam} b", "\${tree}", "x\${list}", "\${name", "x\${nothing}"]
                             ~~~~~~   did you mean "name"?

    pipeline.yaml:5:35 error[wrong-type] stage "a": this must be text; "\${tree}" gives a map.
          command: [echo, "a \${nam} b", "\${tree}", "x\${list}", "\${name", "x\${nothing}"]
                                        ~~~~~~~~~

    pipeline.yaml:5:48 error[bad-template] stage "a": "\${list}" inside a text must give text, a number, true or false; it gives a list.
          command: [echo, "a \${nam} b", "\${tree}", "x\${list}", "\${name", "x\${nothing}"]
                                                     ~~~~~~~

    pipeline.yaml:5:59 error[bad-template] stage "a": "\${" has no "}".
          command: [echo, "a \${nam} b", "\${tree}", "x\${list}", "\${name", "x\${nothing}"]
                                                                ~~~~~~

    pipeline.yaml:5:70 error[bad-template] stage "a": "\${nothing}" inside a text must give text, a number, true or false; it gives nothing.
          command: [echo, "a \${nam} b", "\${tree}", "x\${list}", "\${name", "x\${nothing}"]
                                                                           ~~~~~~~~~~

    pipeline.yaml:6:14 error[unknown-param] stage "a": there is no param "tree.lef".
          files: ["\${tree.lef}"]
                   ~~~~~~~~~~~   did you mean "tree.leaf"?

    pipeline.yaml:7:24 error[wrong-type] stage "a": this must be a whole number of at least 1; "\${name}" gives "glyphs".
          resources: { cpus: "\${name}" }
                             ~~~~~~~~~

    pipeline.yaml:8:14 error[bad-duration] stage "a": "1" is not a duration.
          timeout: "\${tree.leaf}"
                   ~~~~~~~~~~~~~~   days, hours, minutes and seconds, in this order, up to 24d: 90s, 15m, 2h, 1h30m

    pipeline.yaml:9:14 error[wrong-type] stage "a": this must be a whole number of at least 0; "\${tree.leaf}s" gives "1s".
          retries: "\${tree.leaf}s"
                   ~~~~~~~~~~~~~~~"
  `);
});

test('template-cycle: its trail, once', () => {
  const text = `
version: 1
params:
  start: "\${b.x}"
  b: { x: "\${c}" }
  c: ["\${a}"]
  a: "at \${b.x}"
  self: "\${self}"
stages:
  a: { program: stages/a.ts, params: [a, start], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:6:6 error[template-cycle] these params stand for each other: a -> b.x -> c[0] -> a.
        a: "at \${b.x}"
           ~~~~~~~~~~~

    pipeline.yaml:7:9 error[template-cycle] these params stand for each other: self -> self.
        self: "\${self}"
              ~~~~~~~~~"
  `);
});

test('bad-template: a chain without end', () => {
  const text = `
version: 1
params:
  p0: "\${p1}"
  p1: "\${p2}"
  p2: "\${p3}"
  p3: "\${p4}"
  p4: "\${p5}"
  p5: "\${p6}"
  p6: "\${p7}"
  p7: "\${p8}"
  p8: "\${p9}"
  p9: "\${p10}"
  p10: "\${p11}"
  p11: "\${p12}"
  p12: "\${p13}"
  p13: "\${p14}"
  p14: "\${p15}"
  p15: "\${p16}"
  p16: "\${p17}"
  p17: "\${p18}"
  p18: "\${p19}"
  p19: "\${p20}"
  p20: "\${p21}"
  p21: "\${p22}"
  p22: "\${p23}"
  p23: "\${p24}"
  p24: "\${p25}"
  p25: "\${p26}"
  p26: "\${p27}"
  p27: "\${p28}"
  p28: "\${p29}"
  p29: "\${p30}"
  p30: "\${p31}"
  p31: "\${p32}"
  p32: "\${p33}"
  p33: "\${p34}"
  p34: "\${p35}"
  p35: "\${p36}"
  p36: "\${p37}"
  p37: "\${p38}"
  p38: "\${p39}"
  p39: "\${p40}"
  p40: "\${p41}"
  p41: "\${p42}"
  p42: "\${p43}"
  p43: "\${p44}"
  p44: "\${p45}"
  p45: "\${p46}"
  p46: "\${p47}"
  p47: "\${p48}"
  p48: "\${p49}"
  p49: "\${p50}"
  p50: "\${p51}"
  p51: "\${p52}"
  p52: "\${p53}"
  p53: "\${p54}"
  p54: "\${p55}"
  p55: "\${p56}"
  p56: "\${p57}"
  p57: "\${p58}"
  p58: "\${p59}"
  p59: "\${p60}"
  p60: "\${p61}"
  p61: "\${p62}"
  p62: "\${p63}"
  p63: "\${p64}"
  p64: "\${p65}"
  p65: "\${p66}"
  p66: "\${p67}"
  p67: "\${p68}"
  p68: "\${p69}"
  p69: "\${p70}"
  p70: "\${p71}"
  p71: "\${p72}"
  p72: "\${p73}"
  p73: "\${p74}"
  p74: "\${p75}"
  p75: "\${p76}"
  p76: "\${p77}"
  p77: "\${p78}"
  p78: "\${p79}"
  p79: "\${p80}"
  p80: "\${p81}"
  p81: "\${p82}"
  p82: "\${p83}"
  p83: "\${p84}"
  p84: "\${p85}"
  p85: "\${p86}"
  p86: "\${p87}"
  p87: "\${p88}"
  p88: "\${p89}"
  p89: "\${p90}"
  p90: "\${p91}"
  p91: "\${p92}"
  p92: "\${p93}"
  p93: "\${p94}"
  p94: "\${p95}"
  p95: "\${p96}"
  p96: "\${p97}"
  p97: "\${p98}"
  p98: "\${p99}"
  p99: "\${p100}"
  p100: "\${p101}"
  p101: "\${p102}"
  p102: "\${p103}"
  p103: "\${p104}"
  p104: "\${p105}"
  p105: "\${p106}"
  p106: "\${p107}"
  p107: "\${p108}"
  p108: "\${p109}"
  p109: "\${p110}"
  p110: "\${p111}"
  p111: "\${p112}"
  p112: "\${p113}"
  p113: "\${p114}"
  p114: "\${p115}"
  p115: "\${p116}"
  p116: "\${p117}"
  p117: "\${p118}"
  p118: "\${p119}"
  p119: "\${p120}"
  p120: "\${p121}"
  p121: "\${p122}"
  p122: "\${p123}"
  p123: "\${p124}"
  p124: "\${p125}"
  p125: "\${p126}"
  p126: "\${p127}"
  p127: "\${p128}"
  p128: "\${p129}"
  p129: "\${p130}"
  p130: "\${p131}"
  p131: "\${p132}"
  p132: "\${p133}"
  p133: "\${p134}"
  p134: "\${p135}"
  p135: "\${p136}"
  p136: "\${p137}"
  p137: "\${p138}"
  p138: "\${p139}"
  p139: "\${p140}"
  p140: "\${p141}"
  p141: "\${p142}"
  p142: "\${p143}"
  p143: "\${p144}"
  p144: "\${p145}"
  p145: "\${p146}"
  p146: "\${p147}"
  p147: "\${p148}"
  p148: "\${p149}"
  p149: "\${p150}"
  p150: 1
stages:
  a: { program: stages/a.ts, params: [p0], outputs: { data: dataset } }
`.slice(1);
  expect(errorsOf(text)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:7 error[bad-template] templates lead from param to param more than 100 times from here.
        p0: "\${p1}"
            ~~~~~~~"
  `);
});
