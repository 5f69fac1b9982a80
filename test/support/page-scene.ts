import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClip, type ClipRecipe } from '@app/testing';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launchBrowser } from './browser.js';
import { PacedFfmpeg } from './paced-ffmpeg.js';
import { PageVisitor } from './page-visitor.js';
import { ServiceUnderTest } from './service-under-test.js';

/** A service, a browser, and the users who open the page. */
export class PageScene {
  private readonly visitors: PageVisitor[] = [];

  private constructor(
    readonly service: ServiceUnderTest,
    readonly browser: Browser,
    readonly ffmpeg: PacedFfmpeg,
    readonly folder: string,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<PageScene> {
    const ffmpeg = await PacedFfmpeg.create();
    const folder = await mkdtemp(join(tmpdir(), 'page-visitor-'));
    const [service, browser] = await Promise.all([
      ServiceUnderTest.start({ env: { FFMPEG_PATH: ffmpeg.path, ...env } }),
      launchBrowser(),
    ]);
    return new PageScene(service, browser, ffmpeg, folder);
  }

  /** Opens the page for a user without an account. */
  async stranger(options?: BrowserContextOptions): Promise<PageVisitor> {
    const visitor = await PageVisitor.open(this.browser, this.service.baseUrl, options);
    this.visitors.push(visitor);
    return visitor;
  }

  /** Opens the page for a new user who is signed in. */
  async user(options?: BrowserContextOptions): Promise<PageVisitor> {
    const visitor = await this.stranger(options);
    await visitor.register();
    return visitor;
  }

  /** Creates a video with a realistic name. */
  async clip(filename: string, recipe: Partial<ClipRecipe> = {}): Promise<string> {
    const path = join(this.folder, filename);
    await copyFile(await makeClip(recipe), path);
    return path;
  }

  /** Creates a video of some megabytes, whose upload can be watched on a slow connection. */
  largeClip(filename: string): Promise<string> {
    return this.clip(filename, { container: 'mov', codec: 'pcm', seconds: 20 });
  }

  /** Closes the browsers of all visitors and restores the service; returns the complaints of the browsers. */
  async sendAway(): Promise<string[]> {
    await this.ffmpeg.speedUp();
    if (!this.service.api.isRunning) this.service.startApi();
    await this.service.accepting();
    const complaints: string[] = [];
    for (const visitor of this.visitors.splice(0)) {
      complaints.push(...visitor.complaints);
      await visitor.leave();
    }
    return complaints;
  }

  async end(): Promise<void> {
    await this.browser.close();
    await this.service.stop();
    await this.ffmpeg.remove();
    await rm(this.folder, { recursive: true, force: true });
  }
}
