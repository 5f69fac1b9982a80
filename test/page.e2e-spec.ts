import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, picture, visit } from './support/browser.js';
import { PageScene } from './support/page-scene.js';
import { partsOf, recordProgress } from './support/shown-progress.js';

const MAX_UPLOAD_BYTES = 20_000_000;
/** A conversion that a slow ffmpeg does not end before the test has acted on it. */
const LONG = { seconds: 120, codec: 'aac', video: false } as const;

/** A response of the service to a request that the state of the job does not allow. */
function problem(status: number, detail: string): { status: number; json: object } {
  return { status, json: { code: 'conflict', detail } };
}

if (!hasBrowser) console.warn('Skipped: Chromium is not installed.');

describe.skipIf(!hasBrowser)('the page', () => {
  let scene: PageScene;

  beforeAll(async () => {
    scene = await PageScene.start({ MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) });
  });
  afterEach(async () => expect(await scene.sendAway()).toEqual([]));
  afterAll(() => scene?.end());

  it('creates an account, signs out and in, and says what is wrong with a password', async () => {
    const visitor = await scene.stranger();
    await visitor.button('Create one').click();
    await visitor.fillIn(visitor.username, 'short');
    await visitor.button('Create an account').click();
    await visitor.alert.filter({ hasText: 'The password must have at least 8 characters.' }).waitFor();
    await visitor.fillIn(visitor.username, 'ä'.repeat(40));
    await visitor.button('Create an account').click();
    await visitor.alert.filter({ hasText: 'This password is too long. Choose a shorter one.' }).waitFor();
    await visitor.button('Sign in').click();
    await visitor.register();
    await visitor.page.getByText(visitor.username).waitFor();
    await visitor.signOut();
    await visitor.fillIn(visitor.username, 'not the password');
    await visitor.button('Sign in').click();
    await visitor.alert.filter({ hasText: 'The username or password is incorrect.' }).waitFor();
    expect(
      await visitor.page.getByLabel('Password', { exact: true }).evaluate((input) => input.matches(':focus')),
    ).toBe(true);
    await visitor.signIn();
  });

  it('accepts several dropped videos, and shows the progress of each upload and each conversion', async () => {
    const visitor = await scene.user();
    const progress = await recordProgress(visitor.page);
    await scene.ffmpeg.slowDown();
    await visitor.slowDownUploads(1_000_000);
    await visitor.drop(await scene.clip('short.mp4'), await scene.largeClip('large.mov'));
    await visitor.expectCard('short.mp4', 'MP3 ready');
    await visitor.expectCard('large.mov', 'Converting');
    const shown = await progress();
    for (const values of [shown['Uploading: large.mov'], shown['Converting: short.mp4']]) {
      const parts = partsOf(values);
      expect(parts.length).toBeGreaterThan(1);
      expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    }
    expect(await visitor.announcements()).toEqual(['Uploading 2 videos.', 'short.mp4: MP3 ready. ']);
    expect(await visitor.page.title()).toBe('1 in progress · Video to MP3');
  });

  it('plays the MP3, and downloads it with the name of the video', async () => {
    const visitor = await scene.user();
    const answer = visitor.page.waitForResponse(/media\/upload$/);
    await visitor.drop(await scene.clip('Holiday 🎬 "1".mp4'));
    const { id } = (await (await answer).json()) as { id: string };
    const card = await visitor.expectCard('Holiday 🎬 "1".mp4', 'MP3 ready');
    await card.getByRole('button', { name: 'Play' }).click();
    const audio = card.locator('audio');
    await audio.waitFor();
    await visitor.page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.3);
    expect(await audio.evaluate((element: HTMLAudioElement) => element.duration)).toBeCloseTo(3, 0);

    const [output = ''] = await scene.service.outputsOf(id);
    const mp3 = await readFile(join(scene.service.folder, 'objects', 'output', id, output));
    // Once from the player, and once from the service.
    for (const isPlaying of [true, false]) {
      if (!isPlaying) await visitor.page.reload();
      const download = visitor.page.waitForEvent('download');
      await visitor.card('Holiday 🎬 "1".mp4').getByRole('button', { name: 'Download' }).click();
      // Windows does not allow quotation marks in file names.
      expect((await download).suggestedFilename()).toBe('Holiday 🎬 _1_.mp3');
      expect((await readFile(await (await download).path())).equals(mp3)).toBe(true);
    }
  });

  it('shows names as text, and says why a video was not converted or not uploaded', async () => {
    const visitor = await scene.user();
    const uploads: string[] = [];
    visitor.page.on('request', (request) => request.url().endsWith('/media/upload') && uploads.push(request.url()));
    const names = ['<img src=x onerror=alert(1)>.mp4', 'سلام \u202Egnp.mp4', `${'very long '.repeat(24)}.mkv`];
    const good = await Promise.all(names.map((name) => scene.clip(name)));
    const silent = await scene.clip('silent.mp4', { codec: 'none' });
    const letter = join(scene.folder, 'letter.mp4');
    await writeFile(letter, 'Dear reader, this is no video.');
    const large = join(scene.folder, 'large.mp4');
    await writeFile(large, '');
    await truncate(large, MAX_UPLOAD_BYTES + 1);
    await visitor.choose(...good, silent, letter, large);

    for (const name of names) await visitor.expectCard(name, 'MP3 ready');
    await visitor.expectCard('silent.mp4', 'The file has no audio track. Upload a video that has one.');
    const rejected = await visitor.page.getByRole('alert').getByRole('listitem').allTextContents();
    expect(rejected).toEqual([
      expect.stringContaining('letter.mp4 was not uploaded. The file is not a supported video.'),
      expect.stringContaining('large.mp4 was not uploaded. The file is larger than 20 MB, the limit of this service.'),
    ]);
    expect(uploads.length).toBe(4);
    await visitor.page.getByText('3 ready · 1 failed').waitFor();
    expect(await visitor.page.locator('main img').count()).toBe(0);
  });

  it('keeps the list across a reload and a new sign-in, and hides it from the next user', async () => {
    const visitor = await scene.user();
    await visitor.choose(await scene.clip('one.mp4'), await scene.clip('two.mp4'));
    await visitor.expectCard('one.mp4', 'MP3 ready');
    await visitor.expectCard('two.mp4', 'MP3 ready');
    await visitor.page.reload();
    await visitor.expectCard('one.mp4', 'MP3 ready');
    await visitor.expectCard('two.mp4', 'MP3 ready');
    const titles = visitor.page.getByRole('heading', { level: 3 });
    expect(await titles.allTextContents()).toEqual(['two.mp4', 'one.mp4']);

    await visitor.signOut();
    await visitor.register(`${visitor.username}-2`);
    await visitor.page.getByText('Nothing here yet').waitFor();
    expect(await visitor.page.content()).not.toContain('one.mp4');
    await picture(visitor.page, 'page-next-user');

    await visitor.signOut();
    await visitor.signIn();
    await visitor.expectCard('one.mp4', 'MP3 ready');
    await visitor.delete('one.mp4');
    await visitor.page.reload();
    await visitor.expectCard('two.mp4', 'MP3 ready');
    expect(await titles.allTextContents()).toEqual(['two.mp4']);
  });

  it('cancels a conversion, retries it, and deletes it with its files', async () => {
    const visitor = await scene.user();
    await scene.ffmpeg.slowDown();
    const answer = visitor.page.waitForResponse(/media\/upload$/);
    await visitor.choose(await scene.clip('clip.mp4', LONG));
    const { id } = (await (await answer).json()) as { id: string };
    const converting = await visitor.expectCard('clip.mp4', 'Converting');
    await converting.getByRole('button', { name: 'Cancel clip.mp4' }).click();
    const canceled = await visitor.expectCard('clip.mp4', 'Canceled');
    await picture(visitor.page, 'page-canceled');

    await scene.ffmpeg.speedUp();
    await canceled.getByRole('button', { name: 'Try again clip.mp4' }).click();
    await visitor.expectCard('clip.mp4', 'MP3 ready');
    expect((await scene.service.outputsOf(id)).length).toBe(1);

    await visitor.delete('clip.mp4');
    await visitor.page.getByText('Nothing here yet').waitFor();
    await waitFor(async () => (await scene.service.outputsOf(id)).length === 0, { what: 'the deletion of the MP3' });
    expect(await visitor.announcements()).toEqual([
      'Uploading 1 video.',
      'clip.mp4: Canceled. ',
      'clip.mp4 will be converted again.',
      'clip.mp4: MP3 ready. ',
      'clip.mp4 was deleted.',
    ]);
    await visitor.page.reload();
    await visitor.page.getByText('Nothing here yet').waitFor();
  });

  it('deletes nothing that the user does not confirm', async () => {
    const visitor = await scene.user();
    await visitor.choose(await scene.clip('one.mp4'));
    const card = await visitor.expectCard('one.mp4', 'MP3 ready');
    const questions: string[] = [];
    visitor.page.on('dialog', (dialog) => {
      questions.push(dialog.message());
      return dialog.dismiss();
    });
    await card.getByRole('button', { name: 'Delete one.mp4' }).click();
    await visitor.button('Clear finished').click();
    expect(questions).toEqual([
      'Delete one.mp4 and its MP3? They cannot be restored.',
      'Delete 1 video from this list, MP3s included? They cannot be restored.',
    ]);
    await visitor.page.reload();
    await visitor.expectCard('one.mp4', 'MP3 ready');
  });

  it('clears what has finished, and keeps what is being converted', async () => {
    const visitor = await scene.user();
    await visitor.choose(await scene.clip('one.mp4'), await scene.clip('silent.mp4', { codec: 'none' }));
    await visitor.expectCard('one.mp4', 'MP3 ready');
    await visitor.expectCard('silent.mp4', 'Not converted');
    await scene.ffmpeg.slowDown();
    await visitor.choose(await scene.clip('long.mp4', LONG));
    await visitor.expectCard('long.mp4', 'Converting');
    visitor.page.once('dialog', (dialog) => dialog.accept());
    await visitor.button('Clear finished').click();
    await visitor.card('one.mp4').waitFor({ state: 'detached' });
    expect(await visitor.page.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['long.mp4']);
    expect(await visitor.button('Clear finished').isVisible()).toBe(false);
    expect((await visitor.announcements()).at(-1)).toBe('2 videos deleted.');
    await visitor.page.reload();
    await (await visitor.expectCard('long.mp4', 'Converting')).getByRole('button', { name: 'Cancel' }).click();
    await visitor.expectCard('long.mp4', 'Canceled');
  });

  it('says why a conversion cannot be canceled or retried any more', async () => {
    const visitor = await scene.user();
    await scene.ffmpeg.slowDown();
    await visitor.page.route(/\/cancel$/, (route) => route.fulfill(problem(409, 'The conversion has already ended.')), {
      times: 1,
    });
    await visitor.choose(await scene.clip('clip.mp4', LONG));
    await visitor.expectCard('clip.mp4', 'Converting');
    const card = visitor.card('clip.mp4');
    await card.getByRole('button', { name: 'Cancel' }).click();
    await visitor.expectCard('clip.mp4', 'The conversion has already ended.');
    await card.getByRole('button', { name: 'Cancel' }).click();
    await visitor.expectCard('clip.mp4', 'Canceled');
    const gone = 'The video is no longer in storage. Upload it again.';
    await visitor.page.route(/\/retry$/, (route) => route.fulfill(problem(410, gone)), { times: 1 });
    await card.getByRole('button', { name: 'Try again' }).click();
    await visitor.expectCard('clip.mp4', gone);
    expect((await visitor.announcements()).at(-1)).toBe(`clip.mp4: ${gone}`);
    await picture(visitor.page, 'page-retry-not-possible');
  });

  it('runs its own scripts only, accepts no markup, and connects to no other server', async () => {
    const { context, page } = await visit(scene.browser, scene.service.baseUrl);
    const violations = await page.evaluateHandle(() => {
      const seen: string[] = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => seen.push(effectiveDirective));
      return seen;
    });
    const rejections = await page.evaluate(async () => {
      const button = document.createElement('button');
      const script = document.createElement('script');
      script.append('document.title = "inline script"');
      document.body.append(button, script);
      const attempts = [
        () => fetch('http://127.0.0.1:9/'),
        async () => (document.body.innerHTML = '<p>markup</p>'),
        async () => button.setAttribute('onclick', 'document.title = "inline handler"'),
      ];
      return Promise.all(attempts.map((attempt) => attempt().then(() => 'done', String)));
    });
    expect(rejections).toEqual([
      expect.stringContaining('Failed to fetch'),
      expect.stringContaining('TrustedHTML'),
      expect.stringContaining('TrustedScript'),
    ]);
    const expected = ['connect-src', 'require-trusted-types-for'];
    await waitFor(async () => {
      const seen = await violations.jsonValue();
      return expected.every((directive) => seen.includes(directive));
    });
    expect(await page.title()).toBe('Video to MP3');
    await context.close();
  });
});
