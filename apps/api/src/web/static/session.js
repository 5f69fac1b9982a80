import { call } from './api.js';
import { BrowserStore } from './browser-store.js';

/** @typedef {{ token: string, userId: number, username: string }} Visitor */

const KEY = 'video-to-mp3.visitor';

/**
 * Who is signed in. The token opens everything that the account holds, so it is kept for this tab only (sessionStorage):
 * it survives a reload, and is gone when the tab is closed, which on a shared computer is what people take for leaving.
 */
export class Session {
  #store = new BrowserStore(() => sessionStorage);
  /** @type {Visitor | null} */
  #visitor = this.#store.read(KEY);

  get visitor() {
    return this.#visitor;
  }

  /** @param {{ username: string, password: string }} account */
  async signIn(account) {
    const { access_token: token } = await call('POST', 'auth/login', { body: account });
    const { id, username } = await call('GET', 'auth/me', { token });
    this.#visitor = { token, userId: id, username };
    this.#store.write(KEY, this.#visitor);
  }

  /** @param {{ username: string, password: string }} account */
  async register(account) {
    await call('POST', 'auth/register', { body: account });
    await this.signIn(account);
  }

  end() {
    this.#visitor = null;
    this.#store.remove(KEY);
  }
}
