import { describe, expect, it } from 'vitest';
import { coordinatesOf } from '../../../lib/report/page/coordinates.ts';
import { html, idOf, rawElement, table } from '../../../lib/report/page/markup.ts';

describe('html', () => {
  it('escapes text wherever it is put in, and keeps markup, lists and nothing as they are', () => {
    const name = `"><script>alert('&')</script>`;
    const inner = html`<b title="${name}">${name}</b>`;
    const escaped = "&quot;&gt;&lt;script&gt;alert('&amp;')&lt;/script&gt;";
    expect(html`<i>${[inner, null, 7, ['a', '<']]}</i>`.text).toBe(`<i><b title="${escaped}">${escaped}</b>7a&lt;</i>`);
  });

  it('leaves out the indents of the template, and not those of what is put in', () => {
    const text = '  two\n    four';
    const list = html`<ul>
      <li>${text}</li>
    </ul>`;
    expect(list.text).toBe('<ul>\n<li>  two\n    four</li>\n</ul>');
  });
});

describe('rawElement', () => {
  it('refuses a text that would end the element', () => {
    expect(rawElement('script', 'if (1 < 2) {}').text).toBe('<script>if (1 < 2) {}</script>');
    expect(() => rawElement('script', 'x = "</script>"')).toThrow('the text of <script> must not hold "</"');
  });
});

describe('idOf', () => {
  it('gives different texts different ids that an address can hold', () => {
    const ids = ['a[b=1]', 'a[b_1]', 'a b', 'a_20_b', 'ä', 'a'].map((text) => idOf('instance', text));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^instance-[\w.-]+$/);
  });
});

describe('table', () => {
  it('names itself, its columns and its rows', () => {
    const columns = [{ head: 'Stage' }, { head: 'Time', isNumber: true }];
    const { text } = table({ caption: 'Stages', label: 'All stages', columns, rows: [['<fetch>', 2]] });
    expect(text).toContain('role="region" tabindex="0" aria-label="All stages"');
    expect(text).toContain('<caption>Stages</caption>');
    expect(text).toMatch(/<th scope="col" ?>Stage<\/th><th scope="col" {1,2}class="n">Time<\/th>/);
    expect(text).toMatch(/<th scope="row" ?>&lt;fetch&gt;<\/th>\s*<td class="n">2<\/td>/);
  });
});

describe('coordinatesOf', () => {
  it('reads what the names of instances hold', () => {
    expect(coordinatesOf('fetch')).toEqual({});
    expect(coordinatesOf('poison[attack.count=600,variant=V1]')).toEqual({ 'attack.count': 600, variant: 'V1' });
    expect(coordinatesOf('a[x=%227%22,y=a%2Cb%3Dc,z=true]')).toEqual({ x: '7', y: 'a,b=c', z: true });
    expect(coordinatesOf('a[x=%E0%A4%A]')).toEqual({ x: '%E0%A4%A' });
  });
});
