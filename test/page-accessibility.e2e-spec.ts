import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, cutOff, hasBrowser, overflowPixels, picture } from './support/browser.js';
import { PageScene } from './support/page-scene.js';

const WIDE = { width: 1100, height: 800 };
const VERY_WIDE = { width: 1920, height: 1080 };
const NARROW = { width: 360, height: 740 };
/** The minimum size of a touch target in pixels; WCAG 2.2 requires 24. */
const MIN_TARGET = 40;
const MAX_TABS = 40;

if (!hasBrowser) console.warn('Skipped: Chromium is not installed.');

describe.skipIf(!hasBrowser)('the accessibility of the page', () => {
  let scene: PageScene;

  beforeAll(async () => {
    scene = await PageScene.start();
  });
  afterEach(async () => expect(await scene.sendAway()).toEqual([]));
  afterAll(() => scene?.end());

  /** Checks one state of the page: for screen readers, in light and dark, on a screen and on a phone. */
  async function expectAccessible(page: Page, state: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityProblems(page), `${state}, ${colorScheme}`).toEqual([]);
      await picture(page, `page-${state}-${colorScheme}-1100`);
      await page.setViewportSize(VERY_WIDE);
      await picture(page, `page-${state}-${colorScheme}-1920`);
      await page.setViewportSize(NARROW);
      await picture(page, `page-${state}-${colorScheme}-360`);
      if (colorScheme === 'light') await expectUsableOnPhone(page, state);
      await page.setViewportSize(WIDE);
    }
  }

  async function expectUsableOnPhone(page: Page, state: string): Promise<void> {
    expect([await overflowPixels(page), await cutOff(page)], `${state} at 360 px`).toEqual([0, []]);
    for (const button of await page.locator('button').filter({ visible: true }).all()) {
      const name = await button.textContent();
      expect((await button.boundingBox())?.height, `${state}: ${name}`).toBeGreaterThanOrEqual(MIN_TARGET);
    }
  }

  it('has no state with problems for screen readers, in dark mode or on a phone', async () => {
    const visitor = await scene.stranger({ viewport: WIDE, reducedMotion: 'reduce' });
    const { page } = visitor;
    await expectAccessible(page, 'signed-out');
    await visitor.fillIn(visitor.username, 'wrong password');
    await visitor.button('Sign in').click();
    await visitor.alert.waitFor();
    await expectAccessible(page, 'wrong-password');
    await visitor.register();
    await expectAccessible(page, 'empty');

    await scene.ffmpeg.slowDown();
    await visitor.slowDownUploads(50_000);
    await visitor.choose(
      await scene.clip(`${'long-name_without_spaces-'.repeat(9)}.mp4`, {
        seconds: 200,
        codec: 'aac',
        sampleRate: 8_000,
        channels: 1,
        video: false,
      }),
      await scene.largeClip('uploading.mov'),
      await scene.clip('waiting.mp4'),
    );
    await visitor.expectCard('uploading.mov', 'Uploading');
    await visitor.page.getByText('Converting').waitFor();
    await visitor.slowDownUploads(1_000);
    await expectAccessible(page, 'in-progress');
    await visitor.button('Cancel long-name').click();
    await visitor.page.getByText('Canceled', { exact: true }).waitFor();
    await expectAccessible(page, 'canceled');
    page.once('dialog', (dialog) => dialog.accept());
    await visitor.slowDownUploads(0);
    await scene.ffmpeg.speedUp();
    await page.reload();

    const letter = join(scene.folder, 'letter.pdf');
    await writeFile(letter, 'Dear reader, this is no video.');
    await visitor.choose(await scene.clip('silent.mp4', { codec: 'none' }), await scene.clip('clip.mp4'), letter);
    await visitor.expectCard('silent.mp4', 'The file has no audio track.');
    await visitor.expectCard('clip.mp4', 'MP3 ready');
    await visitor.card('clip.mp4').getByRole('button', { name: 'Play' }).click();
    await visitor.card('clip.mp4').locator('audio').waitFor();
    await expectAccessible(page, 'done');
    await expectRoomForLargeText(page, 'done');
    await expectLinesInForcedColors(page);
  });

  /** Checks text of twice the size, as some users set it in their browser. */
  async function expectRoomForLargeText(page: Page, state: string): Promise<void> {
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    for (const viewport of [NARROW, WIDE]) {
      await page.setViewportSize(viewport);
      expect([await overflowPixels(page), await cutOff(page)], `${state} in large text`).toEqual([0, []]);
      await picture(page, `page-${state}-large-text-${viewport.width}`);
    }
    await page.evaluate(() => (document.documentElement.style.fontSize = ''));
  }

  /** Checks the high contrast of Windows, which removes backgrounds, so that buttons need a border. */
  async function expectLinesInForcedColors(page: Page): Promise<void> {
    await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
    await picture(page, 'page-done-forced-colors');
    const buttons = page.locator('.drop-title, .button.main');
    for (const button of await buttons.filter({ visible: true }).all()) {
      expect(await button.evaluate((element) => getComputedStyle(element).borderStyle)).toBe('solid');
    }
    await page.emulateMedia({ forcedColors: 'none' });
  }

  it('has no animation if the user asked for that', async () => {
    const visitor = await scene.user({ reducedMotion: 'reduce' });
    await scene.ffmpeg.slowDown();
    await visitor.choose(await scene.clip('clip.mp4'));
    await visitor.expectCard('clip.mp4', 'Converting');
    expect(await visitor.page.evaluate(() => document.getAnimations().length)).toBe(0);
    await visitor.expectCard('clip.mp4', 'MP3 ready');
  });

  it('can be used with the keyboard alone', async () => {
    const visitor = await scene.stranger();
    const { page } = visitor;
    const { keyboard } = page;
    await tabTo(page, visitor.button('Create one'));
    await keyboard.press('Enter');
    await focused(page.getByLabel('Username'));
    await keyboard.type(visitor.username);
    await tabTo(page, page.getByLabel('Password', { exact: true }));
    await keyboard.type(visitor.password);
    await keyboard.press('Enter');
    await focused(page.getByLabel('Choose videos'));
    const chooser = page.waitForEvent('filechooser');
    await keyboard.press('Space');
    await (await chooser).setFiles(await scene.clip('clip.mp4'));
    const card = await visitor.expectCard('clip.mp4', 'MP3 ready');
    await tabTo(page, card.getByRole('button', { name: 'Play' }));
    await keyboard.press('Enter');
    await focused(card.locator('audio'));
    await tabTo(page, card.getByRole('button', { name: 'Download' }));
    const download = page.waitForEvent('download');
    await keyboard.press('Space');
    expect((await download).suggestedFilename()).toBe('clip.mp3');
    page.once('dialog', (dialog) => dialog.accept());
    await tabTo(page, card.getByRole('button', { name: 'Delete' }));
    await keyboard.press('Enter');
    await focused(visitor.videos);
    await tabTo(page, visitor.button('Sign out'), 'Shift+Tab');
    await keyboard.press('Enter');
    await focused(page.getByLabel('Username'));
  });
});

/** Moves the focus like a user, and checks that it is visible at each stop. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    await page.keyboard.press(key);
    expect(await page.evaluate(isFocusVisible)).toBe(true);
    if (await target.evaluate((element) => element.matches(':focus'))) return;
  }
  throw new Error(`The focus does not come to ${String(target)}`);
}

/** Runs in the page. The file picker itself is invisible: its label shows the focus. */
function isFocusVisible(): boolean {
  const element = document.activeElement;
  // After the last element and within a player, the browser's own controls have the focus.
  if (element === null || element === document.body || element.matches('audio')) return true;
  const shown = element.matches('[type=file]') ? element.nextElementSibling : element;
  if (shown === null) return false;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
}

async function focused(target: Locator): Promise<void> {
  await target.and(target.page().locator(':focus')).waitFor({ state: 'attached' });
}
