import { InvalidResponseError, ProblemError, RedirectError, RetryTimeoutError, UnreachableError } from '@app/client';

/** Something that users are told: a sentence that says what to do next, and a code for scripts. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command is invalid. */
export class UsageError extends Failure {
  constructor(message: string) {
    super('usage', message);
  }
}

/** Nothing can be done for any file: the service cannot be used, or nobody is signed in. */
export class NoServiceError extends Failure {}

/** Returns what an error of the client library means to users of this program; null for any other error. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof Failure) return error;
  if (error instanceof RetryTimeoutError) return failureOf(error.reason);
  if (error instanceof ProblemError) return new Failure(error.code, error.message, { cause: error });
  if (error instanceof UnreachableError) return new Failure('service_unreachable', error.message, { cause: error });
  if (error instanceof InvalidResponseError) return new Failure('not_a_service', error.message, { cause: error });
  if (!(error instanceof RedirectError)) return null;
  const advice = 'Nothing was sent there. If you trust it, pass that address with --url.';
  return new Failure('redirected', `${error.message} ${advice}`, { cause: error });
}
