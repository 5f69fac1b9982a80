import type { IncomingHttpHeaders } from 'node:http';

/** Identifies one state of a resource. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/**
 * Returns whether the client's copy is current (RFC 9110, sections 13.1.2 and 13.1.3). Express's `request.fresh` would
 * return false for every `fetch` with such a header, because `fetch` adds `Cache-Control: no-cache`.
 */
export function isNotModified(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const known = headers['if-none-match'];
  if (known !== undefined) {
    return known.split(',').some((entry) => ['*', etag].includes(entry.trim().replace(/^W\//, '')));
  }
  return secondsOf(lastModified) <= parsedSeconds(headers['if-modified-since']);
}

/** Returns whether a range can be served: not if `If-Range` names another state (RFC 9110, section 13.1.5). */
export function isRangeCurrent(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const condition = headers['if-range'];
  if (typeof condition !== 'string') return true;
  // A weak tag never matches.
  if (/^(W\/)?"/.test(condition)) return condition === etag;
  return secondsOf(lastModified) === parsedSeconds(condition);
}

/** HTTP dates have no fractions of a second. */
function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function parsedSeconds(text: string | undefined): number {
  return Date.parse(text ?? '') / 1000;
}
