import { BrowserStore } from './browser-store.js';
import { service } from './service.js';

/** @typedef {{ token: string, userId: number, username: string }} SignedInUser */

const KEY = 'video-to-mp3.user';

/**
 * The signed-in user. The token gives access to the whole account, so it is kept for this tab only (sessionStorage): it
 * survives a reload, and is removed when the tab is closed, which users of a shared computer take for signing out.
 */
export class Session {
  #store = new BrowserStore(() => sessionStorage);
  /** @type {SignedInUser | null} */
  #user = this.#store.read(KEY);

  get user() {
    return this.#user;
  }

  /** @param {{ username: string, password: string }} account */
  async signIn(account) {
    const { access_token: token } = await service.logIn(account);
    const { id, username } = await service.currentUser(token);
    this.#user = { token, userId: id, username };
    this.#store.write(KEY, this.#user);
  }

  /** @param {{ username: string, password: string }} account */
  async register(account) {
    await service.register(account);
    await this.signIn(account);
  }

  end() {
    this.#user = null;
    this.#store.remove(KEY);
  }
}
