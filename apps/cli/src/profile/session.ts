import { randomBytes } from 'node:crypto';
import { NoServiceError } from '../failure.js';
import { Refusal } from '../service/refusal.js';
import type { ServiceClient } from '../service/service-client.js';
import type { Account, AccountStore } from './account-store.js';

export interface SessionOptions {
  readonly client: ServiceClient;
  readonly store: AccountStore;
  /** How people type a command of this program that means this service. */
  readonly command: (words: string) => string;
  readonly say: (text: string) => void;
}

/** Who uses the service: an account that this client made on a service of this machine, or a person who has signed in. */
export class Session {
  private renewing: Promise<void> | null = null;

  private constructor(
    private account: Account,
    private readonly options: SessionOptions,
  ) {}

  /** Signs in where that is needed and possible without asking. */
  static async open(options: SessionOptions): Promise<Session> {
    const { client, store } = options;
    const kept = await store.find(client.url);
    const session = new Session(kept ?? { url: client.url.text, username: '', access_token: '' }, options);
    if (kept === null || !(await client.isSignedIn(kept.access_token))) await session.renew();
    return session;
  }

  /** Does something with the token; where that has expired meanwhile, signs in again, once. */
  async use<T>(work: (token: string) => Promise<T>): Promise<T> {
    const token = this.account.access_token;
    try {
      return await work(token);
    } catch (error) {
      if (!(error instanceof Refusal) || !error.isSignedOut) throw error;
      // Of many files side by side, the first renews it for all.
      if (this.account.access_token === token)
        await (this.renewing ??= this.renew().finally(() => (this.renewing = null)));
      return work(this.account.access_token);
    }
  }

  private async renew(): Promise<void> {
    const { client, store } = this.options;
    const { username, password, access_token: token } = this.account;
    if (password === undefined && token !== '') throw this.signedOut('Your sign-in has expired. Sign in again');
    if (!client.url.isLoopback) throw this.signedOut('You are not signed in there. Sign in');
    const renewed = password === undefined ? null : await this.logIn(username, password);
    if (renewed === null) {
      this.account = await this.register();
    } else {
      this.account = renewed;
      await store.keep(client.url, renewed);
    }
  }

  /** Null where the service no longer knows the account: its database is a new one. */
  private async logIn(username: string, password: string): Promise<Account | null> {
    const { client } = this.options;
    try {
      const { access_token } = await client.logIn(username, password);
      return { url: client.url.text, username, password, access_token };
    } catch (error) {
      if (error instanceof Refusal && error.isSignedOut) return null;
      throw error;
    }
  }

  private async register(): Promise<Account> {
    const { client, store, say } = this.options;
    const username = `cli-${randomBytes(6).toString('hex')}`;
    const password = randomBytes(24).toString('base64url');
    try {
      await client.register(username, password);
    } catch (error) {
      throw error instanceof Refusal && error.code === 'registration_closed' ? this.closed() : error;
    }
    const { access_token } = await client.logIn(username, password);
    const made = { url: client.url.text, username, password, access_token };
    const account = await store.keepFirst(client.url, made, this.account);
    if (account === made) say(`Made an account for you at ${client.url.text}, kept in ${store.fileOf(client.url)}`);
    return account;
  }

  private signedOut(what: string): NoServiceError {
    return new NoServiceError('signed_out', `${what}: ${this.loginCommand()}`);
  }

  private closed(): NoServiceError {
    return new NoServiceError(
      'registration_closed',
      `This service makes no accounts by itself. Get one from its operator (npm run user:add), then: ${this.loginCommand()}`,
    );
  }

  private loginCommand(): string {
    return this.options.command('login');
  }
}
