import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, picture } from './support/browser.js';
import { PageScene } from './support/page-scene.js';
import type { PageVisitor } from './support/page-visitor.js';

/** Slow enough that the upload of a large clip takes longer than the test. */
const SLOW = 100_000;
const FAST = 0;

if (!hasBrowser) console.warn('Skipped: Chromium is not installed.');

describe.skipIf(!hasBrowser)('the page during failures', () => {
  let scene: PageScene;

  beforeAll(async () => {
    scene = await PageScene.start();
  });
  afterEach(async () => expect(await scene.sendAway()).toEqual([]));
  afterAll(() => scene?.end());

  /** Waits until a part of the video was sent. */
  async function uploadStarted(visitor: PageVisitor, filename: string): Promise<void> {
    const card = await visitor.expectCard(filename, 'Uploading');
    const handle = await card.getByRole('progressbar').elementHandle();
    await visitor.page.waitForFunction((bar) => (bar as HTMLProgressElement).value > 0, handle);
  }

  it('reports that the service is unavailable, and continues when it is back', async () => {
    const visitor = await scene.user();
    await scene.ffmpeg.slowDown();
    await visitor.choose(await scene.clip('clip.mp4', { seconds: 5 }));
    await visitor.expectCard('clip.mp4', 'Converting');
    await scene.service.api.kill();
    await visitor.page.getByText('The service does not respond right now.').first().waitFor();
    await picture(visitor.page, 'page-away');
    scene.service.startApi();
    await visitor.expectCard('clip.mp4', 'MP3 ready');
    const notice = visitor.page.locator('main > .notice');
    await notice.waitFor({ state: 'hidden' });
    const announced = await visitor.announcements();
    expect(announced.slice(0, 2)).toEqual([
      'Uploading 1 video.',
      'The service does not respond right now. This page keeps trying, so you can leave it open.',
    ]);
    expect(announced.slice(2).toSorted()).toEqual(['The service responds again.', 'clip.mp4: MP3 ready. ']);
  });

  it('restarts an interrupted upload as soon as the service is back', async () => {
    const visitor = await scene.user();
    await visitor.slowDownUploads(SLOW);
    await visitor.choose(await scene.largeClip('large.mov'));
    await uploadStarted(visitor, 'large.mov');
    await scene.service.api.kill();
    await visitor.expectCard('large.mov', 'The upload will start again by itself.');
    await picture(visitor.page, 'page-interrupted');
    await visitor.slowDownUploads(FAST);
    scene.service.startApi();
    await visitor.expectCard('large.mov', 'MP3 ready');
  });

  it('asks to sign in again when the token becomes invalid, and continues the uploads', async () => {
    const visitor = await scene.user();
    await visitor.slowDownUploads(SLOW);
    await visitor.choose(
      await scene.largeClip('first.mov'),
      await scene.largeClip('second.mov'),
      await scene.clip('third.mp4'),
    );
    await uploadStarted(visitor, 'second.mov');
    await scene.service.api.kill();
    await visitor.expectCard('first.mov', 'Upload interrupted');
    await visitor.slowDownUploads(FAST);
    // All earlier tokens are signed with another key.
    scene.service.startApi({ SECRET_KEY: 'another-key-that-is-long-enough-0123456789' });
    await visitor.signInTitle.waitFor();
    await visitor.page.getByText('Your session has ended.').first().waitFor();
    expect((await visitor.announcements()).at(-1)).toContain('Your session has ended.');
    await picture(visitor.page, 'page-session-ended');
    await visitor.signIn();
    for (const name of ['first.mov', 'second.mov', 'third.mp4']) await visitor.expectCard(name, 'MP3 ready');
  });

  it('waits as long as the service asks if it cannot accept a video now', async () => {
    const visitor = await scene.user();
    const answers = [
      {
        status: 503,
        headers: { 'Retry-After': '1' },
        json: { code: 'storage_unavailable', detail: 'Not for people.' },
      },
      { status: 429, headers: { 'Retry-After': '1' }, body: '<html>Too many requests</html>' },
    ];
    await visitor.page.route(/media\/upload$/, async (route) => {
      const answer = answers.shift();
      await (answer === undefined ? route.continue() : route.fulfill(answer));
    });
    await visitor.choose(await scene.clip('patient.mp4'));
    await visitor.expectCard(
      'patient.mp4',
      'The service cannot accept videos right now. The upload will start again by itself.',
    );
    await visitor.expectCard('patient.mp4', 'MP3 ready');
    expect(answers).toEqual([]);
  });

  it('has its own message if a gateway rejects an upload, and tries again on request', async () => {
    const visitor = await scene.user();
    await visitor.page.route(
      /media\/upload$/,
      (route) => route.fulfill({ status: 413, body: '<html>Too large</html>' }),
      {
        times: 1,
      },
    );
    await visitor.choose(await scene.clip('clip.mp4'));
    const card = await visitor.expectCard(
      'clip.mp4',
      'The video is larger than this service accepts. Cut it into parts.',
    );
    await card.getByRole('button', { name: 'Try again' }).click();
    await visitor.expectCard('clip.mp4', 'MP3 ready');
  });

  it('cancels an upload, and accepts the same file again', async () => {
    const visitor = await scene.user();
    await visitor.slowDownUploads(SLOW);
    const path = await scene.largeClip('large.mov');
    await visitor.choose(path);
    await uploadStarted(visitor, 'large.mov');
    await visitor.card('large.mov').getByRole('button', { name: 'Cancel' }).click();
    const canceled = await visitor.expectCard('large.mov', 'Upload canceled');
    await canceled.getByRole('button', { name: 'Remove' }).click();
    await visitor.button('Undo').click();
    await canceled.getByRole('button', { name: 'Remove' }).click();
    await visitor.slowDownUploads(FAST);
    await visitor.choose(path);
    await visitor.expectCard('large.mov', 'MP3 ready');
  });

  it('sends nothing of one user with the account of the next', async () => {
    const visitor = await scene.user();
    const uploads: string[] = [];
    await visitor.page.route(/media\/upload$/, (route) => {
      uploads.push(route.request().url());
      return route.fulfill({ status: 401, json: { code: 'unauthorized', detail: 'Sign in first.' } });
    });
    await visitor.choose(await scene.clip('private.mp4'));
    await visitor.signInTitle.waitFor();
    await visitor.register(`${visitor.username}-2`);
    await visitor.page.getByText('Nothing here yet').waitFor();
    expect(await visitor.page.content()).not.toContain('private.mp4');
    expect(uploads.length).toBe(1);
  });

  it('stops fetching an MP3 that is deleted', async () => {
    const visitor = await scene.user();
    await visitor.page.route(/\/download$/, () => undefined);
    await visitor.choose(await scene.clip('clip.mp4'));
    const card = await visitor.expectCard('clip.mp4', 'MP3 ready');
    const asked = visitor.page.waitForRequest(/\/download$/);
    await card.getByRole('button', { name: 'Play' }).click();
    const given = visitor.page.waitForEvent('requestfailed');
    await visitor.delete('clip.mp4');
    expect((await given).url()).toBe((await asked).url());
  });

  it('asks before a sign-out cancels uploads', async () => {
    const visitor = await scene.user();
    await visitor.slowDownUploads(SLOW);
    await visitor.choose(await scene.largeClip('large.mov'));
    await uploadStarted(visitor, 'large.mov');
    const questions: string[] = [];
    visitor.page.on('dialog', (dialog) => {
      questions.push(dialog.message());
      return questions.length === 1 ? dialog.dismiss() : dialog.accept();
    });
    await visitor.button('Sign out').click();
    await visitor.expectCard('large.mov', 'Uploading');
    await visitor.signOut();
    expect(questions).toEqual([expect.stringContaining('Videos are still being uploaded.'), questions[0]]);
  });
});
