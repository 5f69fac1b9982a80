import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { makeClip } from '@app/testing';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, JobView } from './support/api-client.js';
import { cutOff, hasBrowser, launchBrowser, picture, visit } from './support/browser.js';
import { ServiceUnderTest } from './support/service-under-test.js';

if (!hasBrowser) console.warn('Skipped: Chromium is not installed.');

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

  it('signs in, uploads a video, follows it and downloads the MP3', async () => {
    const { context, page, complaints } = await visit(browser, `${service.baseUrl}/docs`);
    await authorize(page, user);
    await picture(page, 'docs-authorized');

    const upload = await open(page, 'upload');
    // The other fields are left alone.
    expect(await upload.locator('tr[data-property-name]').evaluateAll(namesOf)).toEqual([
      'notify',
      'callback_url',
      'file',
    ]);
    const clip = await makeClip();
    await upload.locator('input[type=file]').setInputFiles(clip);
    const { id } = await jobIn(await execute(upload, 202));
    const job = await user.ended(id);
    expect(job.status).toBe('DONE');

    const status = await open(page, 'status');
    await status.getByPlaceholder('job_id').fill(id);
    expect(await jobIn(await execute(status, 200))).toEqual(job);

    const download = await open(page, 'download');
    await download.getByPlaceholder('job_id').fill(id);
    const answer = await execute(download, 200);
    const saved = page.waitForEvent('download');
    await answer.getByRole('link', { name: 'Download file' }).click();
    expect((await saved).suggestedFilename()).toBe(basename(clip).replace('.mp4', '.mp3'));
    const mp3 = await readFile(await (await saved).path());
    expect(mp3.equals(await user.download(id))).toBe(true);
    await picture(page, 'docs-downloaded');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('stays signed in when it is reloaded, and does not keep the password', async () => {
    const { context, page, complaints } = await visit(browser, `${service.baseUrl}/docs`);
    await authorize(page, user);
    await page.reload();
    const me = await open(page, 'me');
    const answer = await execute(me, 200);
    expect(await answer.locator('.highlight-code code').first().innerText()).toContain(user.username);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(kept).toContain(user.token.split('.')[0]);
    expect(kept).not.toContain(user.password);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('describes everything, and cuts nothing off, on a screen and on a phone', async () => {
    const { context, page, complaints } = await visit(browser, `${service.baseUrl}/docs`);
    await page.locator('.opblock').first().waitFor();
    const closed = page.locator('.opblock:not(.is-open) .opblock-summary-control');
    while ((await closed.count()) > 0) await closed.first().click();
    for (const { part, text } of DESCRIPTIONS) {
      const texts = await page.locator(`${part} ${text}`).allInnerTexts();
      expect(texts.length, part).toBeGreaterThanOrEqual(await page.locator(part).count());
      expect(texts, part).not.toContain('');
    }
    for (const width of [1100, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await picture(page, `docs-open-${width}`);
      expect(await cutOff(page), `at ${width} px`).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});

/** The elements that must have a description, and where it is. */
const DESCRIPTIONS = [
  { part: '.opblock-tag', text: 'small' },
  { part: '.opblock', text: '.opblock-description' },
  { part: '.opblock', text: '.opblock-summary-description' },
  { part: '.parameters tbody tr', text: '.parameters-col_description .renderedMarkdown' },
  { part: '.responses-table .response', text: '.response-col_description__inner .renderedMarkdown' },
];

/** Signs in through the dialog, like a user with an account and no token. */
async function authorize(page: Page, { username, password }: ApiClient): Promise<void> {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.modal-ux');
  await picture(page, 'docs-dialog');
  // The whole dialog is visible without scrolling.
  const content = dialog.locator('.modal-ux-content');
  expect(await content.evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)).toBe(0);
  await dialog.getByLabel('username:').fill(username);
  await dialog.getByLabel('password:').fill(password);
  await dialog.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
  await dialog.getByText('Logout').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
}

const namesOf = (rows: Element[]): string[] => rows.map((row) => row.getAttribute('data-property-name') ?? '');

/** Opens an operation by its id. */
async function open(page: Page, operationId: string): Promise<Locator> {
  const operation = page.locator(`.opblock[id$="-${operationId}"]`);
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Execute' }).waitFor();
  return operation;
}

/** Returns the response that the page shows. */
async function execute(operation: Locator, status: number): Promise<Locator> {
  await operation.getByRole('button', { name: 'Execute' }).click();
  const response = operation.locator('.live-responses-table .response');
  await response.locator('.response-col_status', { hasText: String(status) }).waitFor();
  return response;
}

async function jobIn(response: Locator): Promise<JobView> {
  return JSON.parse(await response.locator('.highlight-code code').first().innerText()) as JobView;
}
