import { EnvironmentError } from '@app/config';
import { DomainError } from '@app/domain';
import pRetry from 'p-retry';

const RETRY_FOR_MS = 60_000;
const PAUSE_MS = 1_000;

/**
 * Runs a step until it succeeds: the services that setup prepares may still be starting. Rejects with an
 * EnvironmentError at once if retrying cannot help, else after a minute.
 */
export async function retryUnavailable<T>(
  step: () => Promise<T>,
  { retryForMs = RETRY_FOR_MS, pauseMs = PAUSE_MS } = {},
): Promise<T> {
  let printed = '';
  const announceRetry = (problem: string): void => {
    if (problem !== printed) process.stderr.write(`${problem} Trying again for up to a minute.\n`);
    printed = problem;
  };
  try {
    return await pRetry(step, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: pauseMs,
      factor: 1,
      maxRetryTime: retryForMs,
      shouldRetry({ error }) {
        if (!(error instanceof DomainError) || !error.retryable) return false;
        announceRetry(sentence(error));
        return true;
      },
    });
  } catch (error) {
    // Any other error is a fault of this program.
    if (!(error instanceof DomainError)) throw error;
    throw new EnvironmentError([sentence(error)]);
  }
}

/** An outage is explained by its cause; a rejection already says what to do. */
function sentence({ message, retryable, cause }: DomainError): string {
  if (!retryable) return message;
  const [reason = ''] = cause instanceof Error ? (cause.message || codeOf(cause)).split('\n') : [];
  return reason === '' ? message : `${message.replace(/\.$/, '')} (${reason}).`;
}

/** If a host name has several addresses, a failed connection has a code but no message. */
function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
