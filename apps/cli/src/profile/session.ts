import { randomBytes } from 'node:crypto';
import { ProblemError } from '@app/client';
import { NoServiceError } from '../failure.js';
import type { Service } from '../service/service.js';
import type { Account, AccountStore } from './account-store.js';

export interface SessionOptions {
  readonly service: Service;
  readonly store: AccountStore;
  /** Returns a command of this program for the same service, as users type it. */
  readonly command: (words: string) => string;
  readonly say: (text: string) => void;
}

/** The account in use: one that this client created on a local service, or that of a user who has signed in. */
export class Session {
  private renewing: Promise<void> | null = null;

  private constructor(
    private account: Account,
    private readonly options: SessionOptions,
  ) {}

  /** Signs in if that is necessary and possible without asking. */
  static async open(options: SessionOptions): Promise<Session> {
    const { store, service } = options;
    const kept = await store.find(service.url);
    const session = new Session(kept ?? { url: service.url.text, username: '', access_token: '' }, options);
    if (kept === null) await session.renew();
    else await session.use((token) => service.client.currentUser(token));
    return session;
  }

  /** Runs requests with the token; if it has expired, signs in again, once. */
  async use<T>(work: (token: string) => Promise<T>): Promise<T> {
    const token = this.account.access_token;
    try {
      return await work(token);
    } catch (error) {
      if (!(error instanceof ProblemError) || !error.isUnauthorized) throw error;
      // If many files need a new token at the same time, the first one renews it for all.
      if (this.account.access_token === token)
        await (this.renewing ??= this.renew().finally(() => (this.renewing = null)));
      return work(this.account.access_token);
    }
  }

  private async renew(): Promise<void> {
    const { service, store } = this.options;
    const { username, password, access_token: token } = this.account;
    if (password === undefined && token !== '') throw this.signedOut('Your sign-in has expired. Sign in again');
    if (!service.url.isLoopback) throw this.signedOut('You are not signed in. Sign in');
    const renewed = password === undefined ? null : await this.logIn(username, password);
    if (renewed === null) {
      this.account = await this.register();
    } else {
      this.account = renewed;
      await store.keep(service.url, renewed);
    }
  }

  /** Returns null if the service no longer knows the account, because its database is a new one. */
  private async logIn(username: string, password: string): Promise<Account | null> {
    const { client, url } = this.options.service;
    try {
      const { access_token } = await client.logIn({ username, password });
      return { url: url.text, username, password, access_token };
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) return null;
      throw error;
    }
  }

  private async register(): Promise<Account> {
    const { store, say } = this.options;
    const { client, url } = this.options.service;
    const credentials = {
      username: `cli-${randomBytes(6).toString('hex')}`,
      password: randomBytes(24).toString('base64url'),
    };
    try {
      await client.register(credentials);
    } catch (error) {
      throw error instanceof ProblemError && error.code === 'registration_closed' ? this.closed() : error;
    }
    const { access_token } = await client.logIn(credentials);
    const created = { url: url.text, ...credentials, access_token };
    const account = await store.keepFirst(url, created, this.account);
    if (account === created) say(`Created an account for you at ${url.text}, saved in ${store.fileOf(url)}`);
    return account;
  }

  private signedOut(what: string): NoServiceError {
    return new NoServiceError('signed_out', `${what}: ${this.loginCommand()}`);
  }

  private closed(): NoServiceError {
    return new NoServiceError(
      'registration_closed',
      `Sign-up is disabled on this service. Get an account from its operator (npm run user:add), then sign in: ${this.loginCommand()}`,
    );
  }

  private loginCommand(): string {
    return this.options.command('login');
  }
}
