/** The page as a whole: what stands on it, that it cannot be broken, and that it stays small. */
import { describe, expect, it } from 'vitest';
import { digestBytes, digestHex } from '../../../lib/base/digest.ts';
import type { ArtifactFacts, RunFacts } from '../../../lib/report/page/facts.ts';
import { NOTHING } from '../../../lib/report/page/markup.ts';
import { renderNothing, renderRunPage } from '../../../lib/report/page/run-page.ts';
import { digest } from '../fixtures.ts';
import { documentOf, executionFacts, instanceFacts, runFacts, STARTED_MS } from './page-facts.ts';

const render = (facts: RunFacts): string => renderRunPage(facts, NOTHING, { liveScript: null });
const words = (page: string): string =>
  page
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
const titles = (page: string): string[] => [...page.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, title]) => title ?? '');

const artifact = (name: string, rest: Partial<ArtifactFacts> = {}): ArtifactFacts => ({
  ...{ digest: digest(name), names: [name], kind: 'file', sizeBytes: 10, fileCount: 1 },
  ...rest,
});

describe('renderRunPage', () => {
  it('has only the sections that have something to say', () => {
    expect(titles(render(runFacts()))).toEqual(['Pipeline', 'Check', 'Artifacts']);
    const facts = runFacts({
      instances: [instanceFacts('fetch', { outputs: [{ name: 'data', kind: 'file', artifact: digest('data') }] })],
      executions: [executionFacts(1, 'fetch')],
      artifacts: [artifact('data')],
      documents: [documentOf('fetch', { records: 7 })],
    });
    expect(titles(render(facts))).toEqual(['Pipeline', 'Timeline', 'Metrics', 'Lineage', 'Check', 'Artifacts']);
  });

  it('allows by its policy just the style and the script that are in it', () => {
    const page = render(runFacts());
    const policy = /Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (text: string): string =>
      `sha256-${Buffer.from(digestHex(digestBytes(text)), 'hex').toString('base64')}`;
    const inside = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(page)?.[1] ?? '';
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      'img-src data:',
      `style-src '${hash(inside('style'))}'`,
      `script-src '${hash(inside('script'))}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page).not.toMatch(/ style="| on\w+="/);
  });

  it('is not broken by names, texts, metrics and logs that hold markup', () => {
    const evil = `"><img src=x onerror=alert(1)></script><!--`;
    const page = render(
      runFacts({
        project: evil,
        run: { ...runFacts().run, argv: ['run', evil], profile: evil, overrides: [evil], user: evil, host: evil },
        instances: [
          instanceFacts(`a[x=${evil}]`, { reason: evil, state: 'failed', failure: { status: evil, logTail: [evil] } }),
        ],
        executions: [executionFacts(1, `a[x=${evil}]`)],
        artifacts: [artifact(evil)],
        documents: [
          documentOf(`a[x=${evil}]`, {
            [evil]: evil.slice(0, 30),
            confusion: [
              [1, 2],
              [3, 4],
            ],
          }),
        ],
        texts: [{ name: evil, artifact: digest('t'), text: evil }],
        pictures: {
          shown: [{ artifact: digest('p'), names: [evil], type: 'image/png', base64: 'AA==', size: null }],
          total: 1,
        },
        ...{ dataset: evil, classes: [evil, evil] },
      }),
    );
    expect(page).not.toContain('<img src=x');
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page.match(/<\/script>/g)).toHaveLength(1);
    expect(words(page)).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('says what the check found, and of what it knows nothing', () => {
    const sound = artifact('sound');
    const big = artifact('big', { sizeBytes: 9e9 });
    const bad = artifact('bad');
    const verdict = {
      artifacts: new Map([
        [sound.digest, 'sound' as const],
        [big.digest, 'not-read' as const],
        [bad.digest, 'damaged' as const],
      ]),
      ...{ readBytes: 20, executions: 3, datasets: 0 },
      findings: [{ subject: 'bad.data', detail: 'altered: found 012345678901', artifact: bad.digest }],
    };
    const text = words(
      render(runFacts({ artifacts: [sound, big, bad], audit: { verdict, log: { state: 'no-key' } } })),
    );
    expect(text).toContain('✕ 1 finding. 1 of 3 artifacts read (20 B)');
    expect(text).toContain('✕ bad.data: altered: found 012345678901');
    expect(text).toContain('1 artifact, to have the page in seconds');
    expect(text).toContain('The log: no key is known');
    expect(text).toMatch(/sound file, 10 B ✓ sound .* big file, 9 GB ○ not read .* bad file, 10 B ✕ not as named/);
  });

  it('tells of a run that goes on, and of one that left nothing', () => {
    const run = { ...runFacts().run, status: 'running' as const, endedAtMs: null };
    const text = words(
      render(
        runFacts({
          run,
          instances: [instanceFacts('a', { state: 'running' }), instanceFacts('b', { state: 'waiting' })],
        }),
      ),
    );
    expect(text).toContain('Run 3 going on');
    expect(text).toContain('▸ running');
    expect(text).toContain('Not checked: the run goes on');
    expect(words(renderNothing('digits', ''))).toContain('Nothing has run yet');
  });

  it('is small for a run of a thousand instances', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `evaluate[count=${i % 50},seed=${Math.floor(i / 50)}]`);
    const outputs = (id: string) => [{ name: 'metrics', kind: 'metrics' as const, artifact: digest(id) }];
    const curve = Array.from({ length: 50 }, (_, epoch) => ({ epoch, loss: 1 / (epoch + 1) }));
    const confusion = Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_, j) => i * j));
    const facts = runFacts({
      instances: ids.map((id) =>
        instanceFacts(id, { outputs: outputs(id), inputs: [{ name: 'data', artifact: digest('data'), path: null }] }),
      ),
      executions: ids.map((id, i) =>
        executionFacts(i + 1, id, { startedAtMs: STARTED_MS + i * 50, endedAtMs: STARTED_MS + i * 50 + 40 }),
      ),
      artifacts: ids.map((id) => artifact(id)),
      documents: ids.map((id, i) =>
        documentOf(id, {
          accuracy: i / 1000,
          after: { chosen: i / 2000 },
          curve,
          confusion: [...confusion.slice(1), [i, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
        }),
      ),
    });
    const page = render(facts);
    expect(page.length).toBeLessThan(3_000_000);
    expect(words(page)).toContain('16 of 1000 matrices shown');
    expect(words(page)).toContain('evaluate ×1000');
  });
});
