import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClip, type ClipRecipe } from '@app/testing';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launchBrowser } from './browser.js';
import { PacedFfmpeg } from './paced-ffmpeg.js';
import { PageVisitor } from './page-visitor.js';
import { ServiceUnderTest } from './service-under-test.js';

/** A service, a browser, and the people who open its page in it. */
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

  /** Somebody who was never here. */
  async stranger(options?: BrowserContextOptions): Promise<PageVisitor> {
    const visitor = await PageVisitor.open(this.browser, this.service.baseUrl, options);
    this.visitors.push(visitor);
    return visitor;
  }

  /** Somebody with an account of their own, signed in. */
  async user(options?: BrowserContextOptions): Promise<PageVisitor> {
    const visitor = await this.stranger(options);
    await visitor.register();
    return visitor;
  }

  /** A video under a name that a person would give it. */
  async clip(filename: string, recipe: Partial<ClipRecipe> = {}): Promise<string> {
    const path = join(this.folder, filename);
    await copyFile(await makeClip(recipe), path);
    return path;
  }

  /** Some megabytes, whose upload can be watched where the line is slow. */
  largeClip(filename: string): Promise<string> {
    return this.clip(filename, { container: 'mov', codec: 'pcm', seconds: 20 });
  }

  /** Closes the browsers of all visitors and brings back what was taken away; returns what they complained about. */
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
