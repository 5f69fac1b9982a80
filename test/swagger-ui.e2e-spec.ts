import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { makeClip, waitFor } from '@app/testing';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type JobView } from './support/api-client.js';
import { hasBrowser, launchBrowser, overflowPixels, picture, visit, type Visit } from './support/browser.js';
import { ServiceUnderTest } from './support/service-under-test.js';

if (!hasBrowser) console.warn('Skipped: there is no Chromium on this machine.');

describe.skipIf(!hasBrowser)('Swagger UI', () => {
  let service: ServiceUnderTest;
  let browser: Browser;
  let user: ApiClient;

  beforeAll(async () => {
    [service, browser] = await Promise.all([ServiceUnderTest.start(), launchBrowser()]);
    user = await service.signIn();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  const docs = (options = {}): Promise<Visit> => visit(browser, `${service.baseUrl}/docs`, options);

  it('pictures', async () => {
    const { page, complaints } = await docs();
    await operation(page, 'upload').waitFor();
    await picture(page, 'docs');
    for (const block of await page.locator('.opblock').all()) await block.locator('.opblock-summary-control').click();
    await picture(page, 'docs-expanded');
    await page.setViewportSize({ width: 360, height: 740 });
    await picture(page, 'docs-360');
    console.log(complaints, await overflowPixels(page));
  });
});

function operation(page: Page, id: string): Locator {
  return page.locator(`.opblock[id$="-${id}"]`);
}
