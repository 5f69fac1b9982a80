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

/** What is larger than the box that hides the rest of it, and what stands beside the window; each by its words. */
export async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isHidingText = (element: Element): boolean => {
      const { overflowX, overflowY } = getComputedStyle(element);
      // What only screen readers read is one pixel large.
      if (element.clientWidth <= 1 || element.clientHeight <= 1) return false;
      const isWider = element.scrollWidth > element.clientWidth + 1 && /hidden|clip/.test(overflowX);
      return isWider || (element.scrollHeight > element.clientHeight + 1 && /hidden|clip/.test(overflowY));
    };
    const isBesideWindow = (element: Element): boolean => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 1 && (left < -1 || right > document.documentElement.clientWidth + 1);
    };
    return [...document.body.querySelectorAll('*')]
      .filter((element) => element.checkVisibility() && element.textContent?.trim() !== '')
      .filter((element) => isHidingText(element) || isBesideWindow(element))
      .map(({ tagName, className, textContent }) => `${tagName}.${className}: ${textContent?.trim().slice(0, 60)}`);
  });
}
