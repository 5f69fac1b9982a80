import { actionButton, byId, element } from './element.js';
import { service } from './service.js';

/** The newest of them: more would push the videos out of sight. */
const MAX_SHOWN = 5;

/** Lists the emails about conversions that could not be sent, and sends them again. */
export class FailedEmails {
  #list = byId('failed-emails', HTMLUListElement);
  #hint = byId('failed-emails-hint', HTMLParagraphElement);
  /** @type {string | null} */
  #token = null;

  /** @param {string} token of the user whose emails are shown */
  async show(token) {
    this.#token = token;
    this.#list.replaceChildren();
    this.#hint.textContent = '';
    try {
      const failed = await service.failedDeliveries(token);
      if (this.#token !== token) return;
      const emails = failed.filter(({ channel }) => channel === 'email').slice(0, MAX_SHOWN);
      this.#list.replaceChildren(...emails.map((email) => this.#line(email)));
    } catch {
      // The page works without it; other requests report what is wrong.
    }
  }

  /** @param {import('../client/index.js').AccountDelivery} email */
  #line({ id, filename, error }) {
    const about = filename === null ? 'a webhook' : element('bdi', { text: filename });
    const words = element('p', {}, 'The email about ', about, ` could not be sent. ${error ?? ''}`);
    const name = filename ?? 'a webhook';
    const again = actionButton('Send again', `the email about ${name}`, () => void this.#send(id, name, line));
    const line = element('li', {}, words, again);
    return line;
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {HTMLLIElement} line
   */
  async #send(id, name, line) {
    const token = this.#token;
    if (token === null) return;
    try {
      await service.redeliver(id, token);
      line.remove();
      this.#hint.textContent = `The email about ${name} is sent again.`;
    } catch {
      this.#hint.textContent = `The email about ${name} could not be sent again. Try again later.`;
    }
  }
}
