import { waitFor } from '@app/testing';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser } from './support/browser.js';
import { PageScene } from './support/page-scene.js';
import type { PageVisitor } from './support/page-visitor.js';

if (!hasBrowser) console.warn('Skipped: there is no Chromium on this machine.');

/** What the page has shown and asked for, in place of the browser's own notifications. */
interface Recorded {
  readonly shown: string[];
  asked: number;
}

/** Replaces the notifications of the browser, and hides the page as another tab would. */
async function recordNotifications({ page }: PageVisitor): Promise<() => Promise<Recorded>> {
  await page.addInitScript(() => {
    const recorded: Recorded = { shown: [], asked: 0 };
    class RecordedNotification extends EventTarget {
      static permission = 'default';
      constructor(title: string, { body }: { body: string }) {
        super();
        recorded.shown.push(`${title}: ${body}`);
      }
      static requestPermission(): Promise<string> {
        recorded.asked += 1;
        this.permission = 'granted';
        return Promise.resolve(this.permission);
      }
    }
    Object.assign(globalThis, { recorded, Notification: RecordedNotification });
    Object.defineProperty(document, 'hidden', { get: () => true });
  });
  await page.reload();
  return () => page.evaluate(() => Reflect.get(globalThis, 'recorded') as Recorded);
}

/** Makes every conversion a long one: the service reports that it began a minute earlier. */
async function makeLong(page: Page): Promise<void> {
  await page.route('**/media/*/status', async (route) => {
    const response = await route.fetch();
    const job = (await response.json()) as { created_at: string };
    const created_at = new Date(Date.parse(job.created_at) - 60_000).toISOString();
    await route.fulfill({ response, json: { ...job, created_at } });
  });
}

describe.skipIf(!hasBrowser)('the notifications of the page', () => {
  let scene: PageScene;

  beforeAll(async () => {
    scene = await PageScene.start();
  });
  afterEach(async () => expect(await scene.sendAway()).toEqual([]));
  afterAll(() => scene?.end());

  it('remember whether the account wants emails', async () => {
    const visitor = await scene.user();
    const setting = visitor.page.getByLabel('Email me when a conversion ends');
    await visitor.page.getByText('Your account has no email address').waitFor();
    const saved = visitor.page.waitForResponse((response) => response.request().method() === 'PATCH');
    await setting.check();
    expect((await saved).status()).toBe(200);
    await visitor.page.reload();
    await waitFor(async () => (await setting.isEnabled()) && (await setting.isChecked()), {
      what: 'the saved setting',
    });
  });

  it('come from the browser when a long conversion ends, once the user has asked for them', async () => {
    const visitor = await scene.user();
    const recorded = await recordNotifications(visitor);
    await makeLong(visitor.page);
    await visitor.choose(await scene.clip('before.mp4'));
    await visitor.expectCard('before.mp4', 'MP3 ready');
    expect(await recorded()).toEqual({ shown: [], asked: 0 });

    await visitor.button('Notify me in this browser').click();
    await visitor.button('Stop notifications in this browser').waitFor();
    await visitor.choose(await scene.clip('long.mp4'));
    await visitor.expectCard('long.mp4', 'MP3 ready');
    expect(await recorded()).toEqual({ shown: ['MP3 ready: long.mp4'], asked: 1 });
  });
});
