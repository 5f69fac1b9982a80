import type { Browser, BrowserContextOptions, CDPSession, Locator, Page } from 'playwright-core';
import { visit, type Visit } from './browser.js';

/** A person at the page, who sees roles, labels and words. */
export class PageVisitor {
  readonly username = `user-${crypto.randomUUID().slice(0, 8)}`;
  readonly password = 'correct horse battery';

  private network: CDPSession | undefined;

  private constructor(
    private readonly opened: Visit,
    /** Everything that a screen reader was given to say, beside what it reads by itself. */
    readonly announcements: () => Promise<string[]>,
  ) {}

  static async open(browser: Browser, baseUrl: string, options?: BrowserContextOptions): Promise<PageVisitor> {
    const opened = await visit(browser, `${baseUrl}/`, options);
    return new PageVisitor(opened, await recordAnnouncements(opened.page));
  }

  get page(): Page {
    return this.opened.page;
  }

  get complaints(): readonly string[] {
    return this.opened.complaints;
  }

  async register(username = this.username): Promise<void> {
    await this.button('Create one').click();
    await this.fillIn(username, this.password);
    await this.button('Create an account').click();
    await this.videos.waitFor();
  }

  async signIn(username = this.username): Promise<void> {
    await this.fillIn(username, this.password);
    await this.button('Sign in').click();
    await this.videos.waitFor();
  }

  async signOut(): Promise<void> {
    await this.button('Sign out').click();
    await this.signInTitle.waitFor();
  }

  async fillIn(username: string, password: string): Promise<void> {
    await this.page.getByLabel('Username').fill(username);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
  }

  /** Through the file picker. */
  async choose(...paths: string[]): Promise<void> {
    await this.page.getByLabel('Choose videos').setInputFiles(paths);
  }

  /** From another window, as the browser itself sees it. */
  async drop(...paths: string[]): Promise<void> {
    const box = await this.page.getByText('or drop them here').boundingBox();
    if (box === null) throw new Error('There is nothing to drop on');
    const client = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await client.send('Input.dispatchDragEvent', { type, x: box.x + 5, y: box.y + 5, data });
    }
    await client.detach();
  }

  /** Uploads take their time from now on; 0: as fast as it goes. */
  async slowDownUploads(bytesPerSecond: number): Promise<void> {
    this.network ??= await this.page.context().newCDPSession(this.page);
    await this.network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond === 0 ? -1 : bytesPerSecond,
    });
  }

  get signInTitle(): Locator {
    return this.page.getByRole('heading', { name: 'Sign in' });
  }

  get videos(): Locator {
    return this.page.getByRole('heading', { name: 'Your videos' });
  }

  get alert(): Locator {
    return this.page.getByRole('alert').filter({ hasText: /./ });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  /** The video with this name in the list. */
  card(filename: string): Locator {
    return this.page
      .getByRole('listitem')
      .filter({ has: this.page.getByRole('heading', { name: filename, exact: true }) });
  }

  /** Waits until the video stands like this, in the page's words. */
  async expectCard(filename: string, words: string): Promise<Locator> {
    const card = this.card(filename).filter({ hasText: words });
    await card.waitFor();
    return card;
  }

  async leave(): Promise<void> {
    await this.opened.context.close();
  }
}

/** Until the page is loaded again. */
async function recordAnnouncements(page: Page): Promise<() => Promise<string[]>> {
  const said = await page.locator('[aria-live]').evaluateHandle((region) => {
    const lines: string[] = [];
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const line of addedNodes) lines.push(line.textContent ?? '');
    }).observe(region, { childList: true });
    return lines;
  });
  return () => said.jsonValue();
}
