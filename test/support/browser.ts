import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { processVariables } from '@app/config';
import { testServices } from '@app/testing';
import { source as axeSource, type AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

export const hasBrowser = testServices().chromiumPath !== null;

/** The timeout of each step, so that a hanging step fails with its own message. */
const STEP_TIMEOUT_MS = 60_000;

/** Starts Debian's Chromium with a temporary profile. */
export async function launchBrowser(): Promise<Browser> {
  const { chromiumPath } = testServices();
  if (chromiumPath === null) throw new Error('Chromium is not installed');
  return chromium.launch({
    executablePath: chromiumPath,
    // The sandbox works neither for root nor in most containers, and only pages of this project are opened.
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
  /** Errors and warnings of the browser, except failed requests: script errors and policy violations. */
  readonly complaints: string[];
}

/** Opens an address in the browser of a new user. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const isFailedRequest = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isFailedRequest) complaints.push(message.text());
  });
  await page.goto(url);
  return { context, page, complaints };
}

/** Saves a picture of the page if TEST_PICTURES_DIRECTORY is set. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = processVariables()['TEST_PICTURES_DIRECTORY'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Returns what axe finds against WCAG 2.2 AA and good practice, one line for each element. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** Returns by how many pixels the page is wider than its window. */
export async function overflowPixels(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Returns the text of elements that are cut off by their box or lie outside the window. */
export async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isHidingText = (element: Element): boolean => {
      const { overflowX, overflowY } = getComputedStyle(element);
      // Text for screen readers only is one pixel large.
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
