/**
 * @typedef {object} Problem RFC 9457
 * @property {string} [code]
 * @property {string} [detail]
 * @property {{ field: string, message: string }[]} [errors]
 */

/** What a gateway says while the service behind it is away; the service's own answers carry a code. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);
/** Not now, but later: nothing is wrong with what was sent. */
const PASSING_STATUSES = new Set([429, 503]);
const RETRY_AFTER_SECONDS = 5;
const MAX_RETRY_AFTER_SECONDS = 600;

/** Where the answer has no words for people: a gateway stands in front of the service, and has limits of its own. */
const WORDS = new Map([
  [413, 'The video is larger than this service takes. Cut it into parts.'],
  [429, 'That was too much at once. Wait a moment, then try again.'],
]);

/** The service said no, in words for people. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {Problem} problem
   * @param {string | null} [retryAfter] the header
   */
  constructor(status, problem, retryAfter = null) {
    super(wordsFor(status, problem));
    this.status = status;
    this.code = problem.code ?? '';
    this.fields = problem.errors ?? [];
    /** When the same may be tried again without a change; null where that would not help. */
    this.retryAfterMs = PASSING_STATUSES.has(status) ? 1_000 * secondsOf(retryAfter) : null;
  }

  /** The token is no longer good: only a new sign-in helps. */
  get isSignedOut() {
    return this.code === 'unauthorized';
  }
}

/** Nobody answered: the service or the way to it is away, for now. */
export class Unreachable extends Error {}

/** The visitor stopped it. */
export class Stopped extends Error {}

/**
 * What an answer that is no success means.
 * @param {number} status
 * @param {string} text
 * @param {string | null} retryAfter
 */
export function refusalOf(status, text, retryAfter) {
  const problem = problemOf(text);
  if (problem.code === undefined && GATEWAY_STATUSES.has(status))
    return new Unreachable('The service does not answer.');
  return new Refusal(status, problem, retryAfter);
}

/**
 * @param {number} status
 * @param {Problem} problem
 */
function wordsFor(status, { detail }) {
  // The service names the limit in bytes, which says little to most people.
  const own = status === 413 || detail === undefined ? WORDS.get(status) : undefined;
  return own ?? detail ?? `The service answered with an error (${status}). Try again later.`;
}

/**
 * @param {string | null} retryAfter a number, or a date from a gateway, whose clock may be another
 */
function secondsOf(retryAfter) {
  const seconds = Number(retryAfter ?? Number.NaN);
  return seconds >= 1 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : RETRY_AFTER_SECONDS;
}

/**
 * @param {string} text
 * @returns {Problem}
 */
function problemOf(text) {
  try {
    const problem = JSON.parse(text);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}
