import { hasEnded } from '../client/index.js';

/**
 * @typedef {import('../client/index.js').ConversionJob} ConversionJob
 *
 * `waiting` for a free upload · `uploading` · `storing`: sent, not yet confirmed · `signed-out`: continues after the next
 * sign-in · `interrupted`: starts again by itself; with a message · `accepted`: the job has the status · `not-sent`, with
 * a message · `canceled`: the upload, by the user · `gone`: the service does not know the job any more
 * @typedef {'waiting' | 'uploading' | 'storing' | 'signed-out' | 'interrupted' | 'accepted' | 'not-sent' | 'canceled' | 'gone'} Phase
 */

const UPLOADING = new Set(['waiting', 'uploading', 'storing', 'signed-out', 'interrupted']);
let lastChoice = 0;

/** Returns a later time for each file, also for two that are chosen in the same millisecond. */
function timeOfChoice() {
  lastChoice = Math.max(Date.now(), lastChoice + 1);
  return lastChoice;
}

/** One video that becomes an MP3, from the choice of its file to the end of its job. */
export class Conversion {
  /** @type {Phase} */
  phase = 'waiting';
  /** The progress of the upload, 0 to 1. */
  fraction = 0;
  /** @type {string | null} known when the service has accepted the video */
  jobId = null;
  /** @type {ConversionJob | null} the last known state */
  job = null;
  /** Why the upload failed, for users. */
  message = '';
  /** The number of times that the upload broke since the user last started it. */
  interruptions = 0;
  /** @type {(conversion: Conversion) => void} */
  onChange = () => undefined;

  /**
   * @param {string} filename
   * @param {number} size in bytes
   * @param {File | null} file null if only the job is known, after a reload
   * @param {number} [chosenAt]
   */
  constructor(filename, size, file, chosenAt = timeOfChoice()) {
    this.filename = filename;
    this.size = size;
    this.file = file;
    this.chosenAt = chosenAt;
  }

  /** @param {File} file */
  static ofFile(file) {
    return new Conversion(file.name, file.size, file);
  }

  /** @param {import('./remembered-jobs.js').JobRecord} record */
  static ofRecord({ id, filename, size, chosenAt }) {
    const conversion = new Conversion(filename, size, null, chosenAt);
    conversion.phase = 'accepted';
    conversion.jobId = id;
    return conversion;
  }

  get isUploading() {
    return UPLOADING.has(this.phase);
  }

  get hasEnded() {
    if (this.phase !== 'accepted') return !this.isUploading;
    return this.job !== null && hasEnded(this.job);
  }

  get isDone() {
    return this.phase === 'accepted' && this.job?.status === 'DONE';
  }

  get hasFailed() {
    return this.phase === 'not-sent' || (this.phase === 'accepted' && this.job?.status === 'FAILED');
  }

  /** True if the service has the job. */
  get isOnService() {
    return this.phase === 'accepted' && this.jobId !== null;
  }

  /** True if the user can start it again, and that can succeed. */
  get canTryAgain() {
    if (!this.isOnService && this.file === null) return false;
    if (this.phase === 'not-sent' || this.phase === 'canceled') return true;
    return this.job?.status === 'CANCELED' || (this.job?.status === 'FAILED' && this.job.retryable === true);
  }

  /**
   * @param {Phase} phase
   * @param {{ fraction?: number, message?: string }} [details]
   */
  moveTo(phase, { fraction = 0, message = '' } = {}) {
    Object.assign(this, { phase, fraction, message });
    this.onChange(this);
  }

  /** @param {ConversionJob} job */
  follow(job) {
    Object.assign(this, { phase: 'accepted', job, jobId: job.id, filename: job.filename, size: job.size });
    this.onChange(this);
  }

  /** Starts again, as a new upload. */
  startOver() {
    Object.assign(this, { job: null, jobId: null });
    this.moveTo('waiting');
  }
}
