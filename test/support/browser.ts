/** A browser without a screen, for tests that open a page; undefined where none is installed. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** ASSAY_TEST_BROWSER names another. */
export function findBrowser(): string | undefined {
  const named = process.env.ASSAY_TEST_BROWSER;
  if (named !== undefined && named !== '') return named;
  return USUAL_PLACES.find((path) => existsSync(path));
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  // Whatever a page asks for by name is not found: no test may depend on a network, nor reach one.
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  ];
  return puppeteer.launch({ executablePath, headless: true, args });
}

export interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions. */
  readonly complaints: string[];
  /** Addresses of all that was asked for but the page itself and what is inside it. */
  readonly requests: string[];
}

/** A new page of which all that it says and asks for is kept. */
export async function watchedPage(browser: Browser): Promise<Watched> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.isNavigationRequest() && !request.url().startsWith('data:')) requests.push(request.url());
  });
  return { page, complaints, requests };
}

/** Gives the open page `axe` and `probe` (page-probe.js), until it is left. */
export async function addProbe(page: Page): Promise<void> {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  for (const file of [axe, join(import.meta.dirname, 'page-probe.js')]) await page.evaluate(readFileSync(file, 'utf8'));
}
