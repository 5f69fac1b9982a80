import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { processVariables } from '@app/config';
import { testServices } from '@app/testing';
import { source as axeSource, type AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

export const hasBrowser = testServices().chromiumPath !== null;

/** Bounds each step; a step that hangs ends its test with the step's own words. */
const STEP_TIMEOUT_MS = 60_000;

/** Debian's Chromium, with a profile of its own that is removed with it. */
export async function launchBrowser(): Promise<Browser> {
  const { chromiumPath } = testServices();
  if (chromiumPath === null) throw new Error('There is no Chromium on this machine');
  return chromium.launch({
    executablePath: chromiumPath,
    // It works neither for root nor in most containers, and only this project's own pages are opened.
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained about, refused requests aside: scripts that failed, and what the policy forbade. */
  readonly complaints: string[];
}

/** A new person's browser, opened at an address. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isRefusal) complaints.push(message.text());
  });
  await page.goto(url);
  return { context, page, complaints };
}

/** Keeps a picture where TEST_PICTURES_DIRECTORY asks for them: somebody has to look at a page now and then. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = processVariables()['TEST_PICTURES_DIRECTORY'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** What axe finds against WCAG 2.2 AA and good practice, one line for each element. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** By how many pixels the page is wider than its window. */
export async function overflowPixels(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
