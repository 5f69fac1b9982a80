import { waitFor } from '@app/testing';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, picture } from './support/browser.js';
import { JobRows } from './support/job-rows.js';
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
    scene = await PageScene.start({ SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' });
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

  it('list emails that could not be sent, and send them again', async () => {
    const visitor = await scene.user();
    const rows = new JobRows(scene.service.databaseUrl);
    await rows.query(
      `INSERT INTO deliveries (id, event_id, target, channel, user_id, event_type, occurred_at, facts, status, attempt, last_error, finished_at)
       SELECT gen_random_uuid(), gen_random_uuid(), 'email', 'email', id, 'conversion.done', now(),
              '{"job_id": "0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11", "filename": "<b>lost</b>.mp4"}',
              'FAILED', 1, 'The mail server rejected the email (550).', now()
       FROM users WHERE username = $1`,
      [visitor.username],
    );
    await visitor.page.reload();
    const failed = visitor.page.getByLabel('Emails that could not be sent');
    await failed
      .getByText('The email about <b>lost</b>.mp4 could not be sent. The mail server rejected the email (550).')
      .waitFor();
    await picture(visitor.page, 'page-failed-email');
    await visitor.button('Send again the email about <b>lost</b>.mp4').click();
    await visitor.page.getByText('The email about <b>lost</b>.mp4 is sent again.').waitFor();
    await failed.getByRole('listitem').waitFor({ state: 'detached' });
    expect(await rows.query('SELECT status, attempts_before FROM deliveries')).toEqual([
      { status: 'PENDING', attempts_before: 1 },
    ]);
    await rows.close();
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

describe.skipIf(!hasBrowser)('the page of a service that sends no emails', () => {
  let scene: PageScene;

  beforeAll(async () => {
    scene = await PageScene.start();
  });
  afterAll(() => scene?.end());

  it('does not offer them', async () => {
    const { page } = await scene.user();
    await page.getByRole('heading', { name: 'Notifications' }).waitFor();
    await page.getByRole('button', { name: 'Notify me in this browser' }).waitFor();
    expect(await page.getByLabel('Email me when a conversion ends').isVisible()).toBe(false);
    expect(await scene.sendAway()).toEqual([]);
  });
});
