import { Availability, hasEnded, JobPoller } from '../client/index.js';
import { announce, clearAnnouncements } from './announce.js';
import { Conversion } from './conversion.js';
import { ConversionCard } from './conversion-card.js';
import { actionButton, byId, element } from './element.js';
import { fileProblem } from './file-check.js';
import { isGone, JobRequests } from './job-requests.js';
import { Outputs } from './outputs.js';
import { Overview } from './overview.js';
import { RememberedJobs } from './remembered-jobs.js';
import { service } from './service.js';
import { Uploads } from './uploads.js';
import { explain } from './user-request.js';

/** @typedef {import('./session.js').SignedInUser} SignedInUser */

const POLL_MS = 1_000;
/** For a page that nobody looks at. */
const HIDDEN_POLL_MS = 5_000;

/** Everything that one user has on the page, from sign-in to sign-out. It survives an expired token. */
export class Workspace {
  #list = byId('conversions', HTMLUListElement);
  #empty = byId('no-conversions', HTMLParagraphElement);
  #rejected = byId('rejected', HTMLUListElement);
  #problem = byId('list-problem', HTMLParagraphElement);
  #overview = new Overview();
  /** @type {Map<Conversion, ConversionCard>} in the order in which they were added */
  #cards = new Map();
  /** @type {Map<Conversion, () => void>} each ends the requests for the status of a job */
  #followed = new Map();

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
    this.requests = new JobRequests({ token, onSignedOut });
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
    this.#problem.textContent = '';
    this.#overview.clear();
    this.#empty.hidden = false;
  }

  /** Deletes what has ended, for good. */
  async clearFinished() {
    const finished = [...this.#cards.keys()].filter((conversion) => conversion.hasEnded);
    const videos = finished.length === 1 ? '1 video' : `${finished.length} videos`;
    if (!confirm(`Delete ${videos} from this list, MP3s included? They cannot be restored.`)) return;
    this.#problem.textContent = '';
    try {
      await this.requests.deleteAll(finished.filter(({ isOnService }) => isOnService).map(({ jobId }) => jobId ?? ''));
    } catch (error) {
      this.#problem.textContent = explain(error);
      return;
    }
    for (const conversion of finished) this.#drop(conversion);
    if (this.isClosed) return;
    announce(`${videos} deleted.`);
    byId('conversions-title', HTMLHeadingElement).focus();
  }

  /** @param {Conversion} conversion */
  #start(conversion) {
    this.#show(conversion);
    this.uploads.add(conversion);
  }

  /** @param {Conversion} conversion */
  #show(conversion) {
    const actions = {
      cancel: () => this.#cancel(conversion),
      tryAgain: () => this.#tryAgain(conversion),
      delete: () => this.#delete(conversion),
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
    this.#cards.set(conversion, card);
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
    const unfollow = this.poller.add(conversion.jobId, {
      onJob: (job) => conversion.follow(job),
      onError: () => conversion.moveTo('gone'),
    });
    this.#followed.set(conversion, unfollow);
  }

  /**
   * Ignores responses that are on their way, because they are older than the user's action.
   * @param {Conversion} conversion
   */
  #unfollow(conversion) {
    this.#followed.get(conversion)?.();
    this.#followed.delete(conversion);
  }

  /** @param {Conversion} conversion */
  async #cancel(conversion) {
    if (conversion.isOnService) await this.#change(conversion, () => this.requests.cancel(conversion));
    else this.uploads.cancel(conversion);
  }

  /** @param {Conversion} conversion */
  async #tryAgain(conversion) {
    if (conversion.isOnService) {
      await this.#change(conversion, () => this.requests.retry(conversion));
      announce(`${conversion.filename} will be converted again.`);
    } else {
      conversion.startOver();
      this.uploads.add(conversion);
    }
  }

  /**
   * @param {Conversion} conversion
   * @param {() => Promise<import('../client/index.js').ConversionJob>} request
   */
  async #change(conversion, request) {
    try {
      const job = await request();
      this.#unfollow(conversion);
      conversion.follow(job);
      if (!this.isClosed) this.#follow(conversion);
    } catch (error) {
      if (isGone(error)) conversion.moveTo('gone');
      throw error;
    }
  }

  /** @param {Conversion} conversion */
  async #delete(conversion) {
    if (!confirm(`Delete ${conversion.filename} and its MP3? They cannot be restored.`)) return;
    await this.requests.delete(conversion);
    if (this.isClosed) return;
    const card = this.#cards.get(conversion)?.element;
    const neighbor = card?.nextElementSibling ?? card?.previousElementSibling;
    this.#drop(conversion);
    announce(`${conversion.filename} was deleted.`);
    const title = neighbor?.querySelector('h3') ?? byId('conversions-title', HTMLHeadingElement);
    title.focus();
  }

  /**
   * Removes what the service does not have any more.
   * @param {Conversion} conversion
   */
  #drop(conversion) {
    this.#unfollow(conversion);
    this.outputs.abandon(conversion);
    this.#remove(conversion);
    this.#cards.get(conversion)?.element.remove();
    this.#cards.delete(conversion);
    this.#empty.hidden = this.#cards.size > 0;
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
