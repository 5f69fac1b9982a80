import { FAILURES, type ErrorCode, type RefusalCode } from '@app/domain';
import type { HeadersObject } from './document-types.js';

/** Codes that no client can read: it went away, or they stay inside the service. */
type InnerCode =
  'upload_aborted' | 'object_not_found' | 'broker_unavailable' | 'malformed_message' | 'configuration_invalid';

/** The codes that a problem document may carry. */
export type PublicCode = Exclude<RefusalCode, InnerCode> | Extract<ErrorCode, 'output_not_found'>;

interface Refusal {
  /** What leads to it. */
  readonly when: string;
  /** What `detail` says, or an example of it. */
  readonly detail: string;
  /** What it always carries beside the headers of its status. */
  readonly headers?: HeadersObject;
}

/** https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html */
export const RATE_LIMIT_HEADERS: HeadersObject = {
  'RateLimit-Policy': {
    description: 'The limits that apply: `q` attempts in `w` seconds.',
    schema: { type: 'string' },
    example: '"login";q=100;w=900, "login-account";q=10;w=900',
  },
  RateLimit: {
    description: 'What is left: `r` attempts now, all of them in `t` seconds.',
    schema: { type: 'string' },
    example: '"login";r=99;t=9, "login-account";r=9;t=90',
  },
};

export const REFUSALS: Record<PublicCode, Refusal> = {
  validation_failed: {
    when: 'a field is missing, wrong or unknown; `errors` names each',
    detail: 'Some fields are missing or wrong. See "errors".',
  },
  malformed_request: {
    when: 'the request cannot be read: its syntax, its encoding, its form',
    detail: 'The request cannot be read. Check its syntax and its encoding.',
  },
  request_timeout: { when: 'the request came in too slowly', detail: 'The request body did not arrive in time.' },
  headers_too_large: { when: 'the address or the headers are too large', detail: 'The request headers are too large.' },
  invalid_credentials: {
    when: 'there is no such user, or the password is another',
    detail: 'The username or the password is wrong.',
  },
  unauthorized: {
    when: 'the access token is missing, wrong or expired',
    detail: 'Sign in first: this needs a valid access token.',
  },
  registration_closed: {
    when: 'this service takes no new accounts',
    detail: 'This service does not accept new accounts.',
  },
  username_taken: {
    when: 'the name has an account, in any case',
    detail: 'This username is taken. Choose another one.',
  },
  email_taken: {
    when: 'the address has an account, in any case',
    detail: 'An account with this e-mail address exists already.',
  },
  not_found: {
    when: 'there is no such job, or it is somebody else’s',
    detail: 'There is no conversion job with this id.',
  },
  method_not_allowed: {
    when: 'the address has other methods; `Allow` names them',
    detail: 'This address answers GET, HEAD only.',
    headers: {
      Allow: {
        description: 'The methods that it has.',
        required: true,
        schema: { type: 'string' },
        example: 'GET, HEAD',
      },
    },
  },
  file_missing: {
    when: 'there is no `file` in the form, or no form at all',
    detail: 'Send the video as multipart/form-data in the field "file".',
  },
  empty_file: { when: 'the file has no bytes', detail: 'The file is empty.' },
  payload_too_large: {
    when: 'the body is larger than this service takes',
    detail: 'The file is larger than 17179869184 bytes.',
  },
  unsupported_media_type: {
    when: 'the content is of a type that is not taken here',
    detail: 'This is neither an MP4 or QuickTime video (mp4, mov, m4v, 3gp) nor a Matroska or WebM one.',
  },
  upload_too_slow: {
    when: 'less than 1 KiB/s came in over a minute, or the upload took over 12 hours',
    detail: 'The upload came in too slowly.',
  },
  too_busy: {
    when: 'too many people sign in at this moment; wait for `Retry-After`',
    detail: 'Too many people are signing in right now. Try again in a moment.',
  },
  too_many_requests: {
    when: 'there were too many attempts from this address, or failed ones for this account; wait for `Retry-After`',
    detail: 'Too many attempts. Try again in 90 seconds.',
    headers: RATE_LIMIT_HEADERS,
  },
  not_finished: {
    when: 'the job is PENDING or PROCESSING; wait for `Retry-After`',
    detail: 'The conversion is not finished yet.',
  },
  job_failed: { when: 'the job is FAILED; `detail` says why', detail: FAILURES.corrupt_source.message },
  job_canceled: { when: 'the job is CANCELED', detail: 'The conversion was canceled.' },
  range_not_satisfiable: {
    when: 'the range begins behind the end of the MP3',
    detail: 'The MP3 has 81441 bytes.',
    headers: {
      'Content-Range': {
        description: 'How many bytes there are.',
        required: true,
        schema: { type: 'string', pattern: '^bytes \\*/\\d+$' },
        example: 'bytes */81441',
      },
    },
  },
  storage_unavailable: {
    when: 'the object storage does not answer; wait for `Retry-After`',
    detail: 'Files cannot be stored right now. Try again in a few seconds.',
  },
  database_unavailable: {
    when: 'the database does not answer; wait for `Retry-After`',
    detail: 'The database cannot be reached now. Try again in a few seconds.',
  },
  internal_error: {
    when: 'something went wrong in the service; its log has the `request_id`',
    detail: 'Something went wrong on our side. Try again later.',
  },
  output_not_found: { when: 'the MP3 is no longer in storage', detail: FAILURES.output_not_found.message },
};
