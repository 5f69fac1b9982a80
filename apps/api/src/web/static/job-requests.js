import { ProblemError } from '../client/index.js';
import { service } from './service.js';
import { requestAsUser } from './user-request.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

/** The service deletes no more jobs for one request. */
const MAX_DELETED = 1_000;

/** Cancels, retries and deletes jobs on the service. The methods reject with errors for `explain`. */
export class JobRequests {
  /** @param {import('./user-request.js').UserSession} session */
  constructor(session) {
    this.session = session;
  }

  /** @param {Conversion} conversion */
  cancel({ jobId }) {
    return requestAsUser(this.session, (token) => service.cancelJob(jobId ?? '', token));
  }

  /** @param {Conversion} conversion */
  retry({ jobId }) {
    return requestAsUser(this.session, (token) => service.retryJob(jobId ?? '', token));
  }

  /** @param {Conversion} conversion whose job can be deleted already, for example on another device */
  async delete({ jobId }) {
    try {
      await requestAsUser(this.session, (token) => service.deleteJob(jobId ?? '', token));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** @param {readonly string[]} ids */
  async deleteAll(ids) {
    for (let start = 0; start < ids.length; start += MAX_DELETED) {
      const selection = { ids: ids.slice(start, start + MAX_DELETED) };
      await requestAsUser(this.session, (token) => service.deleteJobs(selection, token));
    }
  }
}

/**
 * Returns whether the service does not know the job any more.
 * @param {unknown} error
 */
export function isGone(error) {
  return error instanceof ProblemError && error.status === 404;
}
