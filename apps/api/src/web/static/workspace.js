import { Availability, hasEnded, JobPoller } from '../client/index.js';
import { announce, clearAnnouncements } from './announce.js';
import { Conversion } from './conversion.js';
import { ConversionCard } from './conversion-card.js';
import { actionButton, byId, element } from './element.js';
import { fileProblem } from './file-check.js';
import { Outputs } from './outputs.js';
import { Overview } from './overview.js';
import { RememberedJobs } from './remembered-jobs.js';
import { service } from './service.js';
import { Uploads } from './uploads.js';

/** @typedef {import('./session.js').SignedInUser} SignedInUser */

const POLL_MS = 1_000;
/** For a page that nobody looks at. */
const HIDDEN_POLL_MS = 5_000;

/** Everything that one user has on the page, from sign-in to sign-out. It survives an expired token. */
export class Workspace {
  #list = byId('conversions', HTMLUListElement);
  #empty = byId('no-conversions', HTMLParagraphElement);
  #rejected = byId('rejected', HTMLUListElement);
  #overview = new Overview();

  /**
   * @param {SignedInUser} user
   * @param {{ maxUploadBytes: number, notifications: import('./browser-notifications.js').BrowserNotifications, onSignedOut: (token: string) => void, onUnavailable: (isUnavailable: boolean) => void }} options
   */
  constructor(user, { maxUploadBytes, notifications, onSignedOut, onUnavailable }) {
    this.userId = user.userId;
    this.maxUploadBytes = maxUploadBytes;
    this.notifications = notifications;
    /** @type {string | null} */
    this.token = user.token;
    this.remembered = new RememberedJobs(user.userId);
    this.isClosed = false;
    const token = () => this.token;
    this.outputs = new Outputs({ token, onSignedOut });
    this.poller = new JobPoller({
      status: (jobId) => service.jobStatus(jobId, this.token ?? ''),
      intervalMs: () => (document.hidden ? HIDDEN_POLL_MS : POLL_MS),
      availability: new Availability({
        onUnavailable: () => onUnavailable(true),
        onAvailable: () => onUnavailable(false),
      }),
      onUnauthorized: () => onSignedOut(this.token ?? ''),
    });
    this.uploads = new Uploads({ token, onSignedOut, onAccepted: (conversion) => this.#accepted(conversion) });
    // Each conversion is added before the others, so the newest one must be last.
    for (const record of this.remembered.all().toReversed()) {
      const conversion = Conversion.ofRecord(record);
      this.#show(conversion);
      this.#follow(conversion);
    }
  }

  get isUploading() {
    return this.uploads.isBusy;
  }

  /** @param {readonly File[]} files */
  async accept(files) {
    this.#rejected.replaceChildren();
    let accepted = 0;
    for (const file of files) {
      const problem = await fileProblem(file, this.maxUploadBytes);
      // Reading a file on a slow drive can take until after the sign-out.
      if (this.isClosed) return;
      if (problem === null) {
        this.#start(Conversion.ofFile(file));
        accepted += 1;
      } else {
        this.#reject(file.name, problem);
      }
    }
    if (accepted > 0) announce(accepted === 1 ? 'Uploading 1 video.' : `Uploading ${accepted} videos.`);
  }

  /** Sends no more requests until `resume`. */
  pause() {
    this.token = null;
    this.poller.pause();
    this.outputs.abandonAll();
  }

  /** @param {SignedInUser} user the same user, with a new token */
  resume({ token }) {
    this.token = token;
    this.poller.resume();
    this.uploads.resume();
  }

  /** Continues without waiting, because the network is back. */
  retryNow() {
    this.uploads.resume();
    this.poller.pollNow();
  }

  close() {
    this.isClosed = true;
    this.pause();
    this.uploads.cancelAll();
    this.poller.stop();
    clearAnnouncements();
    this.#list.replaceChildren();
    this.#rejected.replaceChildren();
    this.#overview.clear();
    this.#empty.hidden = false;
  }

  /** @param {Conversion} conversion */
  #start(conversion) {
    this.#show(conversion);
    this.uploads.add(conversion);
  }

  /** @param {Conversion} conversion */
  #show(conversion) {
    const actions = {
      cancel: () => this.uploads.cancel(conversion),
      tryAgain: () => this.#tryAgain(conversion),
      remove: () => this.#remove(conversion),
      putBack: () => this.#putBack(conversion),
    };
    const card = new ConversionCard(conversion, { actions, outputs: this.outputs });
    conversion.onChange = () => {
      if (this.isClosed) return;
      card.render();
      this.#overview.render();
      this.notifications.follow(conversion);
    };
    this.#list.prepend(card.element);
    this.#overview.add(conversion);
    this.#empty.hidden = true;
  }

  /** @param {Conversion} conversion */
  #accepted(conversion) {
    this.#remember(conversion);
    this.#follow(conversion);
  }

  /** @param {Conversion} conversion */
  #follow(conversion) {
    if (conversion.jobId === null || (conversion.job !== null && hasEnded(conversion.job))) return;
    this.poller.add(conversion.jobId, {
      onJob: (job) => conversion.follow(job),
      onError: () => conversion.moveTo('gone'),
    });
  }

  /** @param {Conversion} conversion */
  #tryAgain(conversion) {
    if (conversion.jobId !== null) this.remembered.remove(conversion.jobId);
    conversion.startOver();
    this.uploads.add(conversion);
  }

  /** @param {Conversion} conversion */
  #remove(conversion) {
    if (conversion.jobId !== null) this.remembered.remove(conversion.jobId);
    this.#overview.remove(conversion);
  }

  /** @param {Conversion} conversion */
  #putBack(conversion) {
    this.#remember(conversion);
    this.#overview.add(conversion);
  }

  /** @param {Conversion} conversion */
  #remember({ jobId, filename, size, chosenAt }) {
    if (jobId !== null) this.remembered.add({ id: jobId, filename, size, chosenAt });
  }

  /**
   * @param {string} filename
   * @param {string} problem
   */
  #reject(filename, problem) {
    const words = element('p', {}, element('bdi', { text: filename }), ` was not uploaded. ${problem}`);
    const dismiss = actionButton('Dismiss', `the message about ${filename}`, () => {
      line.remove();
      byId('files', HTMLInputElement).focus();
    });
    const line = element('li', {}, words, dismiss);
    this.#rejected.append(line);
  }
}
