/** The page of a real run in a real browser: nothing asked of the network, nothing complained of, usable by keyboard, readable by all. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePageProject } from '../cli/page-project.ts';
import { makeWaitingProject, startServing, stopServing, type Serving } from '../cli/serving.ts';
import { addProbe, findBrowser, launchBrowser, watchedPage, type Watched } from '../support/browser.ts';

const path = findBrowser();
if (path === undefined) console.log('skipped: no Chromium found; ASSAY_TEST_BROWSER names one');

describe.skipIf(path === undefined)('the page of a run, in a browser', () => {
  let browser: Browser;
  let watched: Watched;
  let url: string;

  beforeAll(async () => {
    const project = makePageProject();
    const [run] = await Promise.all([project.assay(['run']), launchBrowser(path ?? '').then((it) => (browser = it))]);
    expect(run.code, run.stderr).toBe(0);
    expect((await project.assay(['report'])).code).toBe(0);
    url = pathToFileURL(join(project.root, 'assay-report.html')).href;
    watched = await watchedPage(browser);
  });
  afterAll(async () => browser?.close());

  const open = async (): Promise<void> => {
    await watched.page.goto(url);
    await addProbe(watched.page);
  };
  const ask = (question: string): Promise<unknown> => watched.page.evaluate(question);

  it('asks for nothing and complains of nothing, and may not ask', async () => {
    await open();
    expect(watched.requests).toEqual([]);
    expect(watched.complaints).toEqual([]);
    expect(await ask(`probe.request('http://127.0.0.1:9/')`)).toBe('TypeError');
    expect(watched.complaints.join('\n')).toContain('violates the following Content Security Policy directive');
  });

  it.each([
    ['light', 390],
    ['light', 1280],
    ['dark', 390],
    ['dark', 1280],
  ] as const)('has nothing that axe objects to, and fits the screen: %s, %i px', async (scheme, width) => {
    const { page } = watched;
    await page.setViewport({ width, height: 844 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await open();
    await ask('probe.openAll()');
    expect(await ask('probe.axeViolations()')).toEqual([]);
    expect(await ask('document.documentElement.scrollWidth')).toBe(width);
  });

  it('has a target for every link, each id once, and headings in order', async () => {
    expect(await ask('probe.links()')).toEqual({ leadingOut: [], broken: [], idsTwice: [] });
    const levels = (await ask('probe.headingLevels()')) as number[];
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1)).toEqual([]);
  });

  it('is used by keyboard: the skip link first, details open with the space bar, a link opens what it leads into', async () => {
    const { page } = watched;
    await open();
    await page.keyboard.press('Tab');
    expect(await ask('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await ask('document.activeElement.id')).toBe('main');
    const isOpen = (key: string): Promise<unknown> => ask(`document.querySelector('details[data-key="${key}"]').open`);
    expect(await isOpen('executions')).toBe(false);
    await page.focus('details[data-key="executions"] > summary');
    await page.keyboard.press('Space');
    expect(await isOpen('executions')).toBe(true);
    await page.focus('details[data-key="instances"] > summary');
    await page.keyboard.press('Enter');
    expect(await isOpen('instances')).toBe(false);
    await page.focus('details[data-key="executions"] tbody a');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.querySelector('details[data-key="instances"]').open`);
    // Of every short digest the whole is where its link leads.
    await page.focus('#lineage a.digest');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.target:target code.full');
    const whole = await ask(`document.querySelector('.target:target code.full').textContent`);
    expect(whole).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(whole).toContain(await ask(`document.querySelector('#lineage a.digest').textContent`));
  });

  it('draws pictures and plots, each with words for who cannot see it', async () => {
    expect(await ask('probe.pictures()')).toEqual([
      {
        naturalWidth: 8,
        naturalHeight: 8,
        alt: expect.stringMatching(/^The picture poison\.samples, 8 by 8 pixels$/),
      },
    ]);
    const heights = (await ask('probe.plotHeights()')) as number[];
    expect(heights.length).toBeGreaterThan(5);
    expect(heights.filter((height) => height < 150)).toEqual([]);
    expect(await ask('probe.unnamedDrawings()')).toBe(0);
  });

  it('prints whole: nothing is cut at the side, and what is closed is printed too', async () => {
    const { page } = watched;
    await open();
    await page.emulateMediaType('print');
    // A4 less the margins that the style asks for, at 96 dots an inch.
    await page.setViewport({ width: 688, height: 1000 });
    await ask('probe.beforePrint()');
    expect(await ask(`matchMedia('print').matches`)).toBe(true);
    expect(await ask('probe.cut()')).toEqual([]);
    expect(await page.$$eval('details:not([open])', (closed) => closed.length)).toBe(0);
    await page.emulateMediaType('screen');
  });

  it('is read without a script as well', async () => {
    const { page, complaints } = await watchedPage(browser);
    await page.setJavaScriptEnabled(false);
    await page.goto(url);
    const heading = await page.$eval('h1', (each) => each.textContent);
    expect(heading?.replaceAll(/\s+/g, ' ').trim()).toBe('Run 1 all done');
    expect(await page.$$eval('table', (tables) => tables.length)).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe.skipIf(path === undefined)('the page that assay serve shows, in a browser', () => {
  const project = makeWaitingProject();
  let browser: Browser | undefined;
  let serving: Serving | undefined;
  let running: ChildProcess | undefined;

  beforeAll(async () => {
    [browser, serving] = await Promise.all([launchBrowser(path ?? ''), startServing(project)]);
  });
  afterAll(async () => {
    for (const child of [serving?.child, running]) child?.kill('SIGKILL');
    await browser?.close();
  });

  it('renews itself while a run goes on, and leaves what the reader has opened and focused as it is', async () => {
    const { url } = serving as Serving;
    const { page, complaints, requests } = await watchedPage(browser as Browser);
    const isShown = (words: string): Promise<unknown> =>
      page.waitForFunction(`document.body.innerText.includes(${JSON.stringify(words)})`);
    await page.goto(url);
    await isShown('Nothing has run yet');
    running = project.start(['run']);
    const ended = once(running, 'close');
    await isShown('▸ running');
    await addProbe(page);
    expect(await page.evaluate('probe.axeViolations()')).toEqual([]);
    await page.focus('details[data-key="executions"] > summary');
    await page.keyboard.press('Space');
    await page.evaluate('document.querySelector("#timeline").mark = "old"');
    project.write('go', '');
    await ended;
    await isShown('all done');
    await isShown('Results');
    // The section is another, and as the reader left the first.
    expect(await page.evaluate('document.querySelector("#timeline").mark')).toBeUndefined();
    expect(await page.evaluate('document.activeElement.closest("details").dataset.key')).toBe('executions');
    expect(await page.evaluate(`document.querySelector('details[data-key="executions"]').open`)).toBe(true);
    expect(await page.evaluate('probe.links()')).toEqual({ leadingOut: [], broken: [], idsTwice: [] });
    expect(complaints).toEqual([]);
    expect(new Set(requests)).toEqual(new Set([url]));
    expect(await stopServing(serving as Serving)).toBe(0);
    await isShown('assay serve has ended');
  });
});
