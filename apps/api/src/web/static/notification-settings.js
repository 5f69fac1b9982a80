import { byId } from './element.js';
import { FailedEmails } from './failed-emails.js';
import { service } from './service.js';

/** @typedef {import('./browser-notifications.js').BrowserNotifications} BrowserNotifications */

const NO_ADDRESS = 'Your account has no email address, so no emails are sent.';
const NOT_VERIFIED = 'Emails are sent once your address is verified.';
const NOT_SAVED = 'The setting could not be saved. Try again.';
const BLOCKED = 'Notifications are blocked. Allow them for this page in the settings of your browser.';
const EXPLANATION = 'For conversions longer than 30 seconds that end while this page is in the background.';

/** Lets the user choose how to learn that a conversion has ended. */
export class NotificationSettings {
  #email = byId('notify-email', HTMLInputElement);
  #emailHint = byId('notify-email-hint', HTMLParagraphElement);
  #browser = byId('notify-browser', HTMLButtonElement);
  #browserHint = byId('notify-browser-hint', HTMLParagraphElement);
  #failedEmails = new FailedEmails();
  /** @type {string | null} */
  #token = null;

  /**
   * @param {BrowserNotifications} notifications
   * @param {boolean} isEmailEnabled
   */
  constructor(notifications, isEmailEnabled) {
    this.notifications = notifications;
    this.isEmailEnabled = isEmailEnabled;
    byId('notify-email-choice', HTMLParagraphElement).hidden = !isEmailEnabled;
    this.#email.addEventListener('change', () => void this.#save());
    this.#browser.addEventListener('click', () => void this.#toggleBrowser());
  }

  /** @param {string} token of the user whose settings are shown */
  async show(token) {
    this.#token = token;
    this.#renderBrowser();
    if (!this.isEmailEnabled) return;
    void this.#failedEmails.show(token);
    this.#email.disabled = true;
    try {
      const account = await service.currentUser(token);
      if (this.#token === token) this.#renderEmail(account);
    } catch {
      // The page works without it; other requests report what is wrong.
    }
  }

  /** @param {import('../client/index.js').User} account */
  #renderEmail({ email, email_verified, notify_email }) {
    this.#email.checked = notify_email;
    this.#email.disabled = false;
    this.#emailHint.textContent = email === null ? NO_ADDRESS : email_verified ? '' : NOT_VERIFIED;
  }

  async #save() {
    const token = this.#token;
    if (token === null) return;
    const isWanted = this.#email.checked;
    try {
      const account = await service.changeAccount(token, { notify_email: isWanted });
      if (this.#token === token) this.#renderEmail(account);
    } catch {
      this.#email.checked = !isWanted;
      this.#emailHint.textContent = NOT_SAVED;
    }
  }

  async #toggleBrowser() {
    if (this.notifications.isOn) this.notifications.turnOff();
    else await this.notifications.turnOn();
    this.#renderBrowser();
  }

  #renderBrowser() {
    const { isSupported, isOn, isBlocked } = this.notifications;
    this.#browser.hidden = !isSupported;
    this.#browser.textContent = isOn ? 'Stop notifications in this browser' : 'Notify me in this browser';
    this.#browserHint.textContent = isBlocked ? BLOCKED : isSupported ? EXPLANATION : '';
  }
}
