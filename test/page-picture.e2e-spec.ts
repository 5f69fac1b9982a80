import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, picture } from './support/browser.js';
import { PageScene } from './support/page-scene.js';

const WINDOW = { width: 1280, height: 800 };

describe.skipIf(!hasBrowser)('the picture of the page in the README', () => {
  let scene: PageScene;

  beforeAll(async () => {
    // Emails are on, as they are for everyone who runs `npm start`.
    scene = await PageScene.start({ SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' });
  });
  afterEach(async () => expect(await scene.sendAway()).toEqual([]));
  afterAll(() => scene?.end());

  it('shows converted videos, and one that is being converted', async () => {
    const visitor = await scene.stranger({ viewport: WINDOW, reducedMotion: 'reduce', colorScheme: 'light' });
    await visitor.register(`ada-${visitor.username}`);
    await visitor.choose(
      await scene.clip('concert-recording.mp4', { seconds: 184 }),
      await scene.clip('interview.mov', { container: 'mov', seconds: 95 }),
    );
    for (const name of ['concert-recording.mp4', 'interview.mov']) await visitor.expectCard(name, 'MP3 ready');
    await scene.ffmpeg.slowDown();
    await visitor.choose(await scene.clip('conference-talk.mp4', { seconds: 60 }));
    await visitor.expectCard('conference-talk.mp4', 'Converting');
    await visitor.page.evaluate(() => document.querySelector('#user-name')?.replaceChildren('ada'));
    await visitor.page.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0.2);
    await picture(visitor.page, 'page-readme');
  });
});
