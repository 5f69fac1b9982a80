import { announce, silence } from './announce.js';
import { Conversion } from './conversion.js';
import { ConversionCard } from './conversion-card.js';
import { actionButton, byId, element } from './element.js';
import { whyNot } from './file-check.js';
import { Outputs } from './outputs.js';
import { Overview } from './overview.js';
import { RememberedJobs } from './remembered-jobs.js';
import { Uploads } from './uploads.js';
import { Watch } from './watch.js';

/** @typedef {import('./session.js').Visitor} Visitor */

/** Everything that one visitor has on the page: from sign-in to sign-out, and over an expired token. */
export class Workspace {
  #list = byId('conversions', HTMLUListElement);
  #empty = byId('no-conversions', HTMLParagraphElement);
  #turnedAway = byId('turned-away', HTMLUListElement);
  #overview = new Overview();

  /**
   * @param {Visitor} visitor
   * @param {{ maxUploadBytes: number, onSignedOut: (token: string) => void, onAway: (isAway: boolean) => void }} options
   */
  constructor(visitor, { maxUploadBytes, onSignedOut, onAway }) {
    this.userId = visitor.userId;
    this.maxUploadBytes = maxUploadBytes;
    /** @type {string | null} */
    this.token = visitor.token;
    this.remembered = new RememberedJobs(visitor.userId);
    this.isClosed = false;
    const token = () => this.token;
    this.outputs = new Outputs({ token, onSignedOut });
    this.watch = new Watch({ token, onSignedOut, onAway });
    this.uploads = new Uploads({ token, onSignedOut, onAccepted: (conversion) => this.#accepted(conversion) });
    // The newest comes first, and each is put before the others.
    for (const record of this.remembered.all().toReversed()) {
      const conversion = Conversion.ofRecord(record);
      this.#show(conversion);
      this.watch.add(conversion);
    }
  }

  get isUploading() {
    return this.uploads.isBusy;
  }

  /** @param {readonly File[]} files */
  async take(files) {
    this.#turnedAway.replaceChildren();
    let taken = 0;
    for (const file of files) {
      const reason = await whyNot(file, this.maxUploadBytes);
      // A file on a slow drive may outlast the visitor.
      if (this.isClosed) return;
      if (reason === null) {
        this.#begin(Conversion.ofFile(file));
        taken += 1;
      } else {
        this.#turnAway(file.name, reason);
      }
    }
    if (taken > 0) announce(taken === 1 ? '1 video is being uploaded.' : `${taken} videos are being uploaded.`);
  }

  /** Nothing is sent or asked until `resume`. */
  pause() {
    this.token = null;
    this.outputs.abandonAll();
  }

  /** @param {Visitor} visitor the same one, with a new token */
  resume({ token }) {
    this.token = token;
    this.goOn();
  }

  /** At once, where it waited for better times. */
  goOn() {
    this.uploads.resume();
    this.watch.askSoon(0);
  }

  close() {
    this.isClosed = true;
    this.pause();
    this.uploads.stopAll();
    this.watch.stop();
    silence();
    this.#list.replaceChildren();
    this.#turnedAway.replaceChildren();
    this.#overview.clear();
    this.#empty.hidden = false;
  }

  /** @param {Conversion} conversion */
  #begin(conversion) {
    this.#show(conversion);
    this.uploads.add(conversion);
  }

  /** @param {Conversion} conversion */
  #show(conversion) {
    const actions = {
      stop: () => this.uploads.stop(conversion),
      tryAgain: () => this.#tryAgain(conversion),
      remove: () => this.#remove(conversion),
      putBack: () => this.#putBack(conversion),
    };
    const card = new ConversionCard(conversion, { actions, outputs: this.outputs });
    conversion.onChange = () => {
      if (this.isClosed) return;
      card.render();
      this.#overview.render();
    };
    this.#list.prepend(card.element);
    this.#overview.add(conversion);
    this.#empty.hidden = true;
  }

  /** @param {Conversion} conversion */
  #accepted(conversion) {
    this.#remember(conversion);
    this.watch.add(conversion);
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
   * @param {string} reason
   */
  #turnAway(filename, reason) {
    const words = element('p', {}, element('bdi', { text: filename }), ` was not taken. ${reason}`);
    const dismiss = actionButton('Dismiss', `the message about ${filename}`, () => {
      line.remove();
      byId('files', HTMLInputElement).focus();
    });
    const line = element('li', {}, words, dismiss);
    this.#turnedAway.append(line);
  }
}
