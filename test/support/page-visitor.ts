import type { Browser, BrowserContextOptions, CDPSession, Locator, Page } from 'playwright-core';
import { visit, type Visit } from './browser.js';

/** A user of the page, who sees roles, labels and text. */
export class PageVisitor {
  readonly username = `user-${crypto.randomUUID().slice(0, 8)}`;
  readonly password = 'correct horse battery';

  private network: CDPSession | undefined;

  private constructor(
    private readonly opened: Visit,
    /** Returns the announcements for screen readers. */
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

  /** Chooses files with the file picker. */
  async choose(...paths: string[]): Promise<void> {
    await this.page.getByLabel('Choose videos').setInputFiles(paths);
  }

  /** Drops files from another window. */
  async drop(...paths: string[]): Promise<void> {
    const box = await this.page.getByText('or drop them here').boundingBox();
    if (box === null) throw new Error('There is no drop area');
    const client = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await client.send('Input.dispatchDragEvent', { type, x: box.x + 5, y: box.y + 5, data });
    }
    await client.detach();
  }

  /** Limits the speed of uploads; 0 removes the limit. */
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

  /** Returns the card of the video with this name. */
  card(filename: string): Locator {
    return this.page
      .getByRole('listitem')
      .filter({ has: this.page.getByRole('heading', { name: filename, exact: true }) });
  }

  /** Waits until the card of the video shows a text. */
  async expectCard(filename: string, words: string): Promise<Locator> {
    const card = this.card(filename).filter({ hasText: words });
    await card.waitFor();
    return card;
  }

  /** Deletes a video, and confirms that. */
  async delete(filename: string): Promise<void> {
    this.page.once('dialog', (dialog) => dialog.accept());
    await this.card(filename)
      .getByRole('button', { name: `Delete ${filename}` })
      .click();
    await this.card(filename).waitFor({ state: 'detached' });
  }

  async leave(): Promise<void> {
    await this.opened.context.close();
  }
}

/** Records until the page is loaded again. */
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
