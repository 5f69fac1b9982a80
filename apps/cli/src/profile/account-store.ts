import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.js';
import type { ServiceUrl } from '../service/service-url.js';

/** The account of one service. */
export interface Account {
  readonly url: string;
  readonly username: string;
  readonly access_token: string;
  /** Only for an account that this client created; of a user's own account, only the token is kept. */
  readonly password?: string;
}

/** Keeps one file for each service, in a folder that only its owner can read. */
export class AccountStore {
  constructor(private readonly folder: string) {}

  fileOf({ host, text }: ServiceUrl): string {
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
    return join(this.folder, `${host.replaceAll(/[^\w.-]/g, '_')}-${hash}.json`);
  }

  async find(url: ServiceUrl): Promise<Account | null> {
    const text = await readFile(this.fileOf(url), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw this.unusable(url, 'read', error);
    });
    const account = parse(text);
    return account?.url === url.text ? account : null;
  }

  async keep(url: ServiceUrl, account: Account): Promise<void> {
    await this.write(url, account, rename);
  }

  /** Replaces an account that no longer works. If another process was faster, returns its account. */
  async keepFirst(url: ServiceUrl, account: Account, replaced: Account | null): Promise<Account> {
    try {
      await this.write(url, account, link);
    } catch (error) {
      const other = await this.find(url);
      if (other !== null && other.username !== replaced?.username) return other;
      // The file has the account to replace, or the disk has no links.
      if (error instanceof Failure) await this.keep(url, account);
    }
    return account;
  }

  async forget(url: ServiceUrl): Promise<void> {
    await rm(this.fileOf(url), { force: true });
  }

  private async write(
    url: ServiceUrl,
    account: Account,
    place: (draft: string, file: string) => Promise<void>,
  ): Promise<void> {
    const file = this.fileOf(url);
    const draft = `${file}.${randomUUID().slice(0, 8)}`;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await writeFile(draft, `${JSON.stringify(account, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      await place(draft, file);
    } catch (error) {
      throw this.unusable(url, 'written', error as NodeJS.ErrnoException);
    } finally {
      await rm(draft, { force: true });
    }
  }

  private unusable(url: ServiceUrl, done: 'read' | 'written', cause: NodeJS.ErrnoException): Failure {
    const file = this.fileOf(url);
    return new Failure('profile_unusable', `${file} cannot be ${done} (${cause.code}). Check its permissions.`, {
      cause,
    });
  }
}

function parse(text: string): Account | null {
  try {
    const account = JSON.parse(text) as Partial<Account> | null;
    const isWhole = typeof account?.username === 'string' && typeof account.access_token === 'string';
    return isWhole ? (account as Account) : null;
  } catch {
    return null;
  }
}
