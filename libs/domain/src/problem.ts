export interface Problem {
  readonly status: number;
  /** The status phrase, as RFC 9457 asks of problems of the type `about:blank`. */
  readonly title: string;
  /** The sentence for users: the problem, then what to do. A function if it has parameters, which are a closed set. */
  readonly sentence: string | ((params: never) => string);
  /** Parameters to show the template with in the API document. */
  readonly example?: object;
  /** True if the same request can succeed later. */
  readonly retryable: boolean;
  /** Seconds to wait before the next try. */
  readonly retryAfterSeconds?: number;
  /** The condition, for the API document. Problems without one never reach a client. */
  readonly when?: string;
}

interface Status {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
}

const permanent = (status: number, title: string): Status => ({ status, title, retryable: false });

export const BAD_REQUEST = permanent(400, 'Bad Request');
export const UNAUTHORIZED = permanent(401, 'Unauthorized');
export const FORBIDDEN = permanent(403, 'Forbidden');
export const NOT_FOUND = permanent(404, 'Not Found');
export const METHOD_NOT_ALLOWED = permanent(405, 'Method Not Allowed');
export const REQUEST_TIMEOUT = { ...permanent(408, 'Request Timeout'), retryable: true };
export const CONFLICT = permanent(409, 'Conflict');
export const RESOURCE_GONE = permanent(410, 'Gone');
export const PAYLOAD_TOO_LARGE = permanent(413, 'Payload Too Large');
export const UNSUPPORTED_MEDIA_TYPE = permanent(415, 'Unsupported Media Type');
export const RANGE_NOT_SATISFIABLE = permanent(416, 'Range Not Satisfiable');
export const EXPECTATION_FAILED = permanent(417, 'Expectation Failed');
export const HEADERS_TOO_LARGE = permanent(431, 'Request Header Fields Too Large');
export const CLIENT_CLOSED_REQUEST = permanent(499, 'Client Closed Request');
export const INTERNAL_SERVER_ERROR = permanent(500, 'Internal Server Error');

export const TOO_MANY_REQUESTS = { ...permanent(429, 'Too Many Requests'), retryable: true };

/** A status that asks the client to retry after the given number of seconds. */
export function retryAfter(seconds: number, status: Status = permanent(503, 'Service Unavailable')): Status {
  return { ...status, retryable: true, retryAfterSeconds: seconds };
}
