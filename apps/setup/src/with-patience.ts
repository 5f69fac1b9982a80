import { setTimeout as delay } from 'node:timers/promises';
import { EnvironmentError } from '@app/config';
import { DomainError } from '@app/domain';

const PATIENCE_MS = 60_000;
const PAUSE_MS = 1_000;

/**
 * Tries a step until it succeeds: what setup prepares may still be starting. What waiting cannot mend ends it at once,
 * and the last reason after a minute.
 */
export async function withPatience<T>(
  step: () => Promise<T>,
  { patienceMs = PATIENCE_MS, pauseMs = PAUSE_MS } = {},
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  let said = '';
  for (;;) {
    try {
      return await step();
    } catch (error) {
      // Anything else is a fault of this program.
      if (!(error instanceof DomainError)) throw error;
      if (!error.retryable || performance.now() >= deadline) throw new EnvironmentError([sentence(error)]);
      if (sentence(error) !== said) process.stderr.write(`${sentence(error)} Trying again for up to a minute.\n`);
      said = sentence(error);
      await delay(pauseMs);
    }
  }
}

/** Of an outage, operators want to read what the system said; a refusal says itself what to do. */
function sentence({ message, retryable, cause }: DomainError): string {
  if (!retryable) return message;
  const [reason = ''] = cause instanceof Error ? (cause.message || codeOf(cause)).split('\n') : [];
  return reason === '' ? message : `${message.replace(/\.$/, '')} (${reason}).`;
}

/** An attempt at several addresses of one name fails with a code, and no words. */
function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
