/**
 * @typedef {import('./api.js').Job} Job
 *
 * `waiting` for a free upload · `uploading` · `storing`: sent, not yet confirmed · `signed-out`: goes on after the next
 * sign-in · `held`: failed for now, and begins again by itself; with a message · `accepted`: the job's status tells the
 * rest · `not-sent`, with a message · `stopped` by the visitor · `gone`: the service no longer knows the job
 * @typedef {'waiting' | 'uploading' | 'storing' | 'signed-out' | 'held' | 'accepted' | 'not-sent' | 'stopped' | 'gone'} Phase
 */

const UPLOADING = new Set(['waiting', 'uploading', 'storing', 'signed-out', 'held']);
let lastChoice = 0;

/** Of two files that were chosen in the same millisecond, the later one has the later time. */
function timeOfChoice() {
  lastChoice = Math.max(Date.now(), lastChoice + 1);
  return lastChoice;
}

/** One video on its way to an MP3, from the choice of its file to the end of its job. */
export class Conversion {
  /** @type {Phase} */
  phase = 'waiting';
  /** Of the upload, 0 to 1. */
  part = 0;
  /** @type {string | null} known as soon as the service has taken the video */
  jobId = null;
  /** @type {Job | null} as the service told it last */
  job = null;
  /** Why the upload failed. */
  message = '';
  /** How often its upload broke off in the middle, since the visitor last asked for it. */
  interruptions = 0;
  /** @type {(conversion: Conversion) => void} */
  onChange = () => undefined;

  /**
   * @param {string} filename
   * @param {number} size in bytes
   * @param {File | null} file null where only the job is known, after a reload
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
    return this.job !== null && ['DONE', 'FAILED', 'CANCELED'].includes(this.job.status);
  }

  get isDone() {
    return this.phase === 'accepted' && this.job?.status === 'DONE';
  }

  get hasFailed() {
    return this.phase === 'not-sent' || (this.phase === 'accepted' && this.job?.status === 'FAILED');
  }

  /** Whether the same file may succeed on another try; without the file the visitor has to choose it again. */
  get canSucceedAgain() {
    if (this.phase === 'not-sent' || this.phase === 'stopped') return true;
    return this.job?.status === 'CANCELED' || (this.job?.status === 'FAILED' && this.job.retryable === true);
  }

  /**
   * @param {Phase} phase
   * @param {{ part?: number, message?: string }} [details]
   */
  moveTo(phase, { part = 0, message = '' } = {}) {
    Object.assign(this, { phase, part, message });
    this.onChange(this);
  }

  /** @param {Job} job */
  follow(job) {
    Object.assign(this, { phase: 'accepted', job, jobId: job.id, filename: job.filename, size: job.size });
    this.onChange(this);
  }

  /** Begins once more, as a new upload. */
  startOver() {
    Object.assign(this, { job: null, jobId: null });
    this.moveTo('waiting');
  }
}
