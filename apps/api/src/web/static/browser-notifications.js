/**
 * @typedef {import('./conversion.js').Conversion} Conversion
 *
 * @typedef {object} NotificationApi as much of `Notification` as is used
 * @property {string} permission
 * @property {() => Promise<string>} requestPermission
 *
 * @typedef {object} ShownNotification
 * @property {(name: 'click', listener: () => void) => void} addEventListener
 *
 * @typedef {new (title: string, options: { body: string, tag: string, icon: string }) => ShownNotification} NotificationClass
 *
 * @typedef {object} NotificationPorts what a browser provides, and tests replace
 * @property {(NotificationApi & NotificationClass) | null} api null if the browser has no notifications
 * @property {() => boolean} isHidden whether nobody looks at the page
 * @property {() => void} focus shows the page
 * @property {import('./browser-store.js').BrowserStore} store
 */

const KEY = 'video-to-mp3.browser-notifications';
/** Users wait for a shorter conversion. */
const LONG_MS = 30_000;

/** @param {Conversion} conversion */
function isLong({ job }) {
  if (job?.finished_at == null) return false;
  return Date.parse(job.finished_at) - Date.parse(job.created_at) > LONG_MS;
}

/** Shows a notification of the browser when a long conversion ends while the page is hidden, once the user has asked for it. */
export class BrowserNotifications {
  /** @type {WeakSet<Conversion>} those whose end is news */
  #running = new WeakSet();

  /** @param {NotificationPorts} ports */
  constructor(ports) {
    this.ports = ports;
  }

  get isSupported() {
    return this.ports.api !== null;
  }

  get isBlocked() {
    return this.ports.api?.permission === 'denied';
  }

  get isOn() {
    return this.ports.api?.permission === 'granted' && this.ports.store.read(KEY) === true;
  }

  /** Asks the user for permission; only ever called for a click. */
  async turnOn() {
    if ((await this.ports.api?.requestPermission()) === 'granted') this.ports.store.write(KEY, true);
  }

  turnOff() {
    this.ports.store.remove(KEY);
  }

  /** @param {Conversion} conversion after each of its changes */
  follow(conversion) {
    if (!conversion.hasEnded) {
      this.#running.add(conversion);
      return;
    }
    const isNews = this.#running.delete(conversion) && conversion.job?.status !== 'CANCELED';
    if (isNews && this.isOn && this.ports.isHidden() && isLong(conversion)) this.#show(conversion);
  }

  /** @param {Conversion} conversion */
  #show({ job, jobId, filename, isDone }) {
    const { api, focus } = this.ports;
    if (api === null) return;
    try {
      const title = isDone ? 'MP3 ready' : 'Conversion failed';
      const body = isDone ? filename : `${filename}: ${job?.error_message ?? ''}`;
      new api(title, { body, tag: jobId ?? '', icon: 'page/icon.svg' }).addEventListener('click', focus);
    } catch {
      // Some phones allow notifications to service workers only.
    }
  }
}
