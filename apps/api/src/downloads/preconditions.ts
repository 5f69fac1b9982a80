import type { IncomingHttpHeaders } from 'node:http';

/** What identifies one state of a resource. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** Whether the client's copy is still good (RFC 9110, sections 13.1.2 and 13.1.3). */
export function isNotModified(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const known = headers['if-none-match'];
  if (known !== undefined) {
    return known.split(',').some((entry) => ['*', etag].includes(entry.trim().replace(/^W\//, '')));
  }
  return secondsOf(lastModified) <= parsedSeconds(headers['if-modified-since']);
}

/** Whether a range may be served: `If-Range` names another state's validator only if the client's part is stale. */
export function isRangeCurrent(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const condition = headers['if-range'];
  if (typeof condition !== 'string') return true;
  if (/^(W\/)?"/.test(condition)) return condition === etag;
  return secondsOf(lastModified) === parsedSeconds(condition);
}

/** HTTP dates have no fractions. */
function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function parsedSeconds(text: string | undefined): number {
  return Date.parse(text ?? '') / 1000;
}
