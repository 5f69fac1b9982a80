import type { components } from './api-types.js';

export type ProblemDetails = components['schemas']['ProblemDetails'];
export type FieldError = components['schemas']['FieldError'];

const TEMPORARY_STATUSES: readonly number[] = [429, 500, 502, 503, 504];
/** A gateway responds with these while the service behind it is unavailable; the responses of the service have a code. */
const GATEWAY_STATUSES: readonly number[] = [502, 503, 504];
const MAX_RETRY_AFTER_SECONDS = 600;

/** Sentences for errors from a gateway, which contain none for users. */
const DEFAULT_MESSAGES: Readonly<Record<number, string>> = {
  413: 'The video is larger than this service accepts. Cut it into parts.',
  429: 'There were too many requests at once. Wait a moment, then try again.',
};

/** The service responded with an error. The message is a sentence for users. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** For programs; `http_<status>` if the response has none. */
  readonly code: string;
  /** The invalid fields of the request. */
  readonly fields: readonly FieldError[];
  /** The time to wait before the next attempt; null if the service does not state it. */
  readonly retryAfterMs: number | null;
  /** True if the error came from a gateway because the service behind it is unavailable. */
  readonly isFromGateway: boolean;

  constructor(
    readonly status: number,
    body: string,
    retryAfter: string | null = null,
  ) {
    const { code, detail, fields } = parseProblem(body);
    super(messageFor(status, detail, fields));
    this.code = code ?? `http_${status}`;
    this.fields = fields;
    this.retryAfterMs = parseRetryAfter(retryAfter);
    this.isFromGateway = code === null && GATEWAY_STATUSES.includes(status);
  }

  /** True if the same request can succeed later. */
  get isTemporary(): boolean {
    return TEMPORARY_STATUSES.includes(this.status);
  }

  /** True if the access token is invalid or has expired. */
  get isUnauthorized(): boolean {
    return this.code === 'unauthorized';
  }
}

/** The service could not be reached, or the connection broke. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(cause: unknown) {
    super('The service does not respond.', { cause });
  }
}

/** The service redirects. Redirects are not followed, so that a token never reaches another server. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';

  /** @param origin where it redirects to; null if that is unknown */
  constructor(readonly origin: string | null) {
    super(`The service redirects to ${origin ?? 'another address'}.`);
  }
}

/** The response does not come from this service. */
export class InvalidResponseError extends Error {
  override readonly name = 'InvalidResponseError';

  constructor() {
    super('The response does not come from a video-to-mp3 service. Check the address.');
  }
}

/** The caller aborted the request. */
export class AbortedError extends Error {
  override readonly name = 'AbortedError';
}

export type TemporaryError = ProblemError | UnreachableError;

export function isTemporary(error: unknown): error is TemporaryError {
  return error instanceof UnreachableError || (error instanceof ProblemError && error.isTemporary);
}

function messageFor(status: number, detail: string | null, fields: readonly FieldError[]): string {
  if (fields.length > 0) return fields.map(({ message }) => sentence(message)).join(' ');
  // The service states its limit in bytes, which means little to most users.
  const preferred = status === 413 || detail === null ? DEFAULT_MESSAGES[status] : undefined;
  return preferred ?? detail ?? `The service responded with an error (${status}). Try again later.`;
}

/** Returns the message of an invalid field as a sentence. */
export function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

/** Accepts seconds only: a date depends on a gateway's clock, which can differ from this one. */
function parseRetryAfter(header: string | null): number | null {
  const seconds = Number(header ?? Number.NaN);
  return seconds >= 1 ? 1_000 * Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : null;
}

interface ParsedProblem {
  readonly code: string | null;
  readonly detail: string | null;
  readonly fields: readonly FieldError[];
}

function parseProblem(body: string): ParsedProblem {
  const { code, detail, errors } = parseObject(body);
  return {
    code: typeof code === 'string' ? code : null,
    detail: typeof detail === 'string' && detail !== '' ? detail : null,
    fields: Array.isArray(errors) ? errors.filter(isFieldError) : [],
  };
}

function parseObject(body: string): Partial<Record<keyof ProblemDetails, unknown>> {
  try {
    const parsed = JSON.parse(body) as unknown;
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function isFieldError(error: unknown): error is FieldError {
  const { field, message } = (error ?? {}) as Partial<Record<keyof FieldError, unknown>>;
  return typeof field === 'string' && typeof message === 'string';
}
