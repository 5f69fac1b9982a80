import { failureSentence, FAILURES, type FailureCode } from './failure-code.js';
import type { FailureParams } from './failure-params.js';
import {
  BAD_REQUEST,
  CLIENT_CLOSED_REQUEST,
  CONFLICT,
  EXPECTATION_FAILED,
  FORBIDDEN,
  RESOURCE_GONE,
  HEADERS_TOO_LARGE,
  INTERNAL_SERVER_ERROR,
  METHOD_NOT_ALLOWED,
  NOT_FOUND,
  PAYLOAD_TOO_LARGE,
  RANGE_NOT_SATISFIABLE,
  REQUEST_TIMEOUT,
  TOO_MANY_REQUESTS,
  UNAUTHORIZED,
  UNSUPPORTED_MEDIA_TYPE,
  retryAfter,
  type Problem,
} from './problem.js';

const EXPECTED_CONTENT = {
  json: 'Send this request as application/json.',
  multipart: 'Send the video as multipart/form-data.',
  video: 'The file is not a supported video. Upload an MP4, MOV, M4V, 3GP, Matroska or WebM file.',
  knownEncoding: 'The content type or encoding is not supported.',
};

/**
 * Every problem that is not the outcome of a conversion: a closed union of codes, each with its HTTP status, its
 * sentence for users and its description for the API document. A code without `when` is not documented as a response.
 */
export const PROBLEMS = {
  validation_failed: {
    ...BAD_REQUEST,
    sentence: 'Some fields are missing or invalid. See "errors".',
    when: 'a field is missing, invalid or unknown; `errors` names up to 20 of them',
  },
  malformed_request: {
    ...BAD_REQUEST,
    sentence: 'The request is malformed or incomplete. Check its syntax and encoding.',
    when: 'the request cannot be parsed',
  },
  file_missing: {
    ...BAD_REQUEST,
    sentence: 'The request has no file. Send the video as multipart/form-data in the field "file".',
    when: 'the form has no `file`, or the request is not a form',
  },
  empty_file: { ...BAD_REQUEST, sentence: 'The file is empty.', when: 'the file has no bytes' },
  callback_secret_missing: {
    ...BAD_REQUEST,
    sentence: 'Your account has no callback secret to sign the callback with. Create one: POST /auth/callback-secret.',
    when: 'the upload has a `callback_url`, but the account has no callback secret',
  },
  invalid_credentials: {
    ...UNAUTHORIZED,
    sentence: 'The username or password is incorrect.',
    when: 'the user does not exist, or the password is incorrect',
  },
  unauthorized: {
    ...UNAUTHORIZED,
    sentence: 'A valid access token is required. Sign in.',
    when: 'the access token is missing, invalid or expired',
  },
  password_incorrect: {
    ...FORBIDDEN,
    sentence: 'The password is incorrect.',
    when: 'the password is incorrect',
  },
  registration_closed: {
    ...FORBIDDEN,
    sentence: 'Sign-up is disabled. Ask your administrator.',
    when: 'sign-up is disabled on this service',
  },
  email_disabled: {
    ...FORBIDDEN,
    sentence: 'This service sends no email. Ask your administrator.',
    when: 'no mail server or no public address is set on this service',
  },
  email_missing: {
    ...CONFLICT,
    sentence: 'Your account has no email address.',
    when: 'the account has no email address',
  },
  email_already_verified: {
    ...CONFLICT,
    sentence: 'Your email address is already verified.',
    when: 'the email address of the account is already verified',
  },
  link_invalid: {
    ...BAD_REQUEST,
    sentence: 'The link is invalid, has expired or was already used. Request a new one.',
    when: 'the token of the link is invalid, has expired or was already used',
  },
  not_found: {
    ...NOT_FOUND,
    sentence: 'There is nothing at this address, or it belongs to another account.',
    when: 'the address or the job does not exist, or the job belongs to another account',
  },
  method_not_allowed: {
    ...METHOD_NOT_ALLOWED,
    sentence: ({ methods }: { readonly methods: readonly string[] }) =>
      `This address does not support this method. Use ${methods.join(', ')}.`,
    example: { methods: ['GET', 'HEAD'] },
    when: 'the address does not support the method; `Allow` lists those that it supports',
  },
  request_timeout: {
    ...REQUEST_TIMEOUT,
    sentence: 'The request did not arrive in time. Send it again.',
    when: 'the request arrived too slowly',
  },
  upload_too_slow: {
    ...REQUEST_TIMEOUT,
    sentence: 'The upload was too slow and was stopped. Try again on a faster connection.',
    when: 'less than 1 KiB/s arrived over a minute, or the upload took more than 12 hours',
  },
  username_taken: {
    ...CONFLICT,
    sentence: 'This username is taken. Choose another one.',
    when: 'an account with this name exists; names are not case-sensitive',
  },
  email_taken: {
    ...CONFLICT,
    sentence: 'An account with this email address already exists. Sign in, or use another address.',
    when: 'an account with this email address exists; addresses are not case-sensitive',
  },
  too_many_webhooks: {
    ...CONFLICT,
    sentence: ({ limit }: { readonly limit: number }) =>
      `You have ${limit} webhooks, which is the limit. Delete one of them first.`,
    example: { limit: 20 },
    when: 'the account has 20 webhooks, which is the limit',
  },
  webhook_disabled: {
    ...CONFLICT,
    sentence: 'The webhook is disabled. Enable it first.',
    when: 'the webhook is disabled',
  },
  not_finished: {
    ...retryAfter(2, CONFLICT),
    sentence: 'The conversion is not finished yet. Try again in a few seconds.',
    when: 'the job is PENDING or PROCESSING; wait for `Retry-After`',
  },
  job_failed: {
    ...CONFLICT,
    sentence: ({ failure, failureParams }: { readonly failure: FailureCode; readonly failureParams?: FailureParams }) =>
      failureSentence(failure, failureParams),
    example: { failure: 'corrupt_source' },
    when: 'the job is FAILED; `detail` says why',
  },
  job_canceled: {
    ...CONFLICT,
    sentence: 'The conversion was canceled. Retry it to get the MP3.',
    when: 'the job is CANCELED',
  },
  cancel_not_possible: {
    ...CONFLICT,
    sentence: 'The conversion has already ended.',
    when: 'the job is DONE or FAILED',
  },
  retry_not_possible: {
    ...CONFLICT,
    sentence: 'Only a failed or canceled conversion can be retried.',
    when: 'the job is neither FAILED nor CANCELED',
  },
  source_expired: {
    ...RESOURCE_GONE,
    sentence: 'The video is no longer in storage. Upload it again.',
    when: 'the video was deleted at the end of its retention period',
  },
  payload_too_large: {
    ...PAYLOAD_TOO_LARGE,
    sentence: ({ content, limitBytes }: { readonly content: 'file' | 'request body'; readonly limitBytes: number }) =>
      `The ${content} is larger than the limit of ${limitBytes} bytes.`,
    example: { content: 'file', limitBytes: 17_179_869_184 },
    when: 'the file or the request body is larger than its limit',
  },
  unsupported_media_type: {
    ...UNSUPPORTED_MEDIA_TYPE,
    sentence: ({ expected }: { readonly expected: keyof typeof EXPECTED_CONTENT }) => EXPECTED_CONTENT[expected],
    example: { expected: 'video' },
    when: 'the content has a type or encoding that is not supported here',
  },
  range_not_satisfiable: {
    ...RANGE_NOT_SATISFIABLE,
    sentence: 'The requested range starts after the end of the file.',
    when: 'the range starts after the end of the MP3; `Content-Range` states its size',
  },
  expectation_failed: {
    ...EXPECTATION_FAILED,
    sentence: 'The only supported value of the Expect header is 100-continue.',
    when: 'the header `Expect` has a value other than `100-continue`',
  },
  headers_too_large: {
    ...HEADERS_TOO_LARGE,
    sentence: 'The address or the headers of the request are too large.',
    when: 'the address or the headers are too large',
  },
  too_many_requests: {
    ...TOO_MANY_REQUESTS,
    sentence: ({ retryAfterSeconds }: { readonly retryAfterSeconds: number }) =>
      `Too many attempts. Try again in ${retryAfterSeconds} seconds.`,
    example: { retryAfterSeconds: 90 },
    when: 'there were too many attempts from this address, or failed ones for this account; wait for `Retry-After`',
  },
  too_many_uploads: {
    ...TOO_MANY_REQUESTS,
    retryAfterSeconds: 5,
    sentence: ({ uploads }: { readonly uploads: number }) =>
      `You have ${uploads} uploads in progress, which is the limit. Wait until one of them is complete.`,
    example: { uploads: 16 },
    when: 'the account has too many uploads in progress; wait for `Retry-After`',
  },
  internal_error: {
    ...INTERNAL_SERVER_ERROR,
    sentence: 'Something went wrong in the service. Try again later.',
    when: 'an unexpected error occurred; find it in the log of the service by its `request_id`',
  },
  too_busy: {
    ...retryAfter(2),
    sentence: 'The service is busy. Try again in a few seconds.',
    when: 'too many users are signing in or uploading; wait for `Retry-After`',
  },
  storage_unavailable: {
    ...retryAfter(5),
    sentence: 'File storage is unavailable. Try again in a few seconds.',
    when: 'the object storage is unavailable; wait for `Retry-After`',
  },
  database_unavailable: {
    ...retryAfter(5),
    sentence: 'The database is unavailable. Try again in a few seconds.',
    when: 'the database is unavailable; wait for `Retry-After`',
  },
  broker_unavailable: {
    ...retryAfter(5),
    sentence: 'The message broker is unavailable. Try again in a few seconds.',
  },
  upload_aborted: { ...CLIENT_CLOSED_REQUEST, sentence: 'The client disconnected during the upload.' },
  output_not_found: {
    ...NOT_FOUND,
    sentence: FAILURES.output_not_found.message,
    when: 'the MP3 is no longer in storage',
  },
  object_not_found: { ...NOT_FOUND, sentence: 'The file is no longer in storage.' },
  malformed_message: { ...INTERNAL_SERVER_ERROR, sentence: 'The message cannot be read.' },
  configuration_invalid: { ...INTERNAL_SERVER_ERROR, sentence: 'The configuration of the service is invalid.' },
} as const satisfies Record<string, Problem>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The parameters of a problem's sentence; `never` for a fixed sentence. */
export type ProblemParams<Code extends ProblemCode> = (typeof PROBLEMS)[Code]['sentence'] extends (
  params: infer Params,
) => string
  ? Params
  : never;
