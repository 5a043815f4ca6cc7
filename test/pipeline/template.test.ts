import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapePlaceholders, fillPlaceholders, findPlaceholders } from '../../lib/pipeline/placeholder.ts';
import { ParamScope } from '../../lib/pipeline/param-scope.ts';
import { escapeTemplate, parseTemplate } from '../../lib/pipeline/template.ts';

/** Text that is likely to hold what the grammars look at. */
const nasty = fc
  .array(fc.constantFrom('$', '{', '}', '${', '$${', '{inputs.a}', '{context}', '{{', '}}', 'a', '.', ' ', 'é'))
  .map((parts) => parts.join(''));

test('any text can be written as a template', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(parseTemplate(escapeTemplate(text))).toEqual({ ok: true, value: [text] });
    }),
  );
});

test('any text can be put into a command', () => {
  const fill = () => 'FILLED';
  fc.assert(
    fc.property(nasty, (text) => {
      expect(fillPlaceholders(escapePlaceholders(text), fill)).toBe(text);
    }),
  );
});

test('a whole template gives the very value, an embedded one its text', () => {
  const scalar = fc.oneof(fc.integer(), fc.boolean(), nasty);
  fc.assert(
    fc.property(scalar, nasty, nasty, (value, before, after) => {
      const scope = new ParamScope({ a: { b: typeof value === 'string' ? escapeTemplate(value) : value } });
      expect(scope.text('${ a.b }')).toEqual({ ok: true, value });
      const around = `${escapeTemplate(before)}|\${a.b}|${escapeTemplate(after)}`;
      expect(scope.text(around)).toEqual({ ok: true, value: `${before}|${value}|${after}` });
    }),
  );
});

test('coordinates change exactly what they touch', () => {
  const scope = new ParamScope({ a: { x: 1, y: 2 }, viaA: '${a.x}', viaVia: ['${viaA}'], other: '${a.y}' });
  const instance = scope.withCoordinates({ 'a.x': '${literal}' });
  const paths = ['a', 'a.x', 'a.y', 'viaA', 'viaVia', 'other'];
  expect(paths.map((path) => [path, scope.isParamTouchedBy(path, ['a.x']), instance.param(path)]))
    .toMatchInlineSnapshot(`
    [
      [
        "a",
        true,
        {
          "ok": true,
          "value": {
            "x": "\${literal}",
            "y": 2,
          },
        },
      ],
      [
        "a.x",
        true,
        {
          "ok": true,
          "value": "\${literal}",
        },
      ],
      [
        "a.y",
        false,
        {
          "ok": true,
          "value": 2,
        },
      ],
      [
        "viaA",
        true,
        {
          "ok": true,
          "value": "\${literal}",
        },
      ],
      [
        "viaVia",
        true,
        {
          "ok": true,
          "value": [
            "\${literal}",
          ],
        },
      ],
      [
        "other",
        false,
        {
          "ok": true,
          "value": 2,
        },
      ],
    ]
  `);
});

test('only placeholders are placeholders', () => {
  const paths = { input: '/in', output: '/out', context: '/context' };
  const texts = [
    '{inputs.data} {outputs.table.csv} {context}',
    `print({"a": {"b": {}}}, f"{x}", f"{{x}}")`,
    '{"in": {"x": "{inputs.data}"}}',
    '${{context}}, {{inputs.data}}',
    "awk '{print $1}' {input.x} { context } {inputs.}",
  ];
  expect(texts.map((text) => fillPlaceholders(text, (placeholder) => paths[placeholder.kind]))).toMatchInlineSnapshot(`
    [
      "/in /out /context",
      "print({"a": {"b": {}}}, f"{x}", f"{{x}}")",
      "{"in": {"x": "/in"}}",
      "\${context}, {inputs.data}",
      "awk '{print $1}' {input.x} { context } {inputs.}",
    ]
  `);
  expect(findPlaceholders(texts[0] as string)).toMatchInlineSnapshot(`
    [
      {
        "placeholder": {
          "kind": "input",
          "name": "data",
        },
        "source": "{inputs.data}",
      },
      {
        "placeholder": {
          "kind": "output",
          "name": "table.csv",
        },
        "source": "{outputs.table.csv}",
      },
      {
        "placeholder": {
          "kind": "context",
        },
        "source": "{context}",
      },
    ]
  `);
});

test('a param may be looked up by the value of another', () => {
  const scope = new ParamScope({
    readings: { V1: { label: 'chosen' }, V2: { label: '${other}' } },
    other: 'recognised',
    attack: { variant: 'V1' },
    reading: '${readings.${attack.variant}}',
    unrelated: '${other}',
  });
  const at = (variant: string) => scope.withCoordinates({ 'attack.variant': variant });
  expect(scope.param('reading')).toEqual({ ok: true, value: { label: 'chosen' } });
  expect(at('V2').param('reading.label')).toEqual({ ok: true, value: 'recognised' });
  expect(scope.text('as ${ readings.${ attack.variant }.label }!')).toEqual({ ok: true, value: 'as chosen!' });
  const touched = (axis: string) =>
    ['reading', 'reading.label', 'unrelated'].filter((path) => scope.isParamTouchedBy(path, [axis]));
  expect(touched('attack.variant')).toEqual(['reading', 'reading.label']);
  expect(touched('other')).toEqual(['reading', 'reading.label', 'unrelated']);
  expect(touched('readings.V2')).toEqual(['reading', 'reading.label']);

  const faultOf = (text: string, from = scope) => {
    const value = from.text(text);
    return value.ok ? 'no fault' : `${value.error.message} ${value.error.hint ?? ''}`;
  };
  expect(faultOf('${readings.${attack.variant}}', at('V3'))).toBe(
    'there is no param "readings.V3", which "${readings.${attack.variant}}" looks up. did you mean "readings.V1"?',
  );
  expect(faultOf('${readings.${attack}}')).toMatch('must give text, a number, true or false');
  expect(faultOf('${readings.${nothing}}')).toMatch('there is no param "nothing"');
  expect(faultOf('${readings.${attack.variant}')).toBe('"${" has no "}". ');
  expect(faultOf('${${attack.variant}}')).toMatch('does not name a param');
  expect(faultOf('${V${attack.variant}}')).toMatch('names no map to look into; write ${map.${key}}.');
});
