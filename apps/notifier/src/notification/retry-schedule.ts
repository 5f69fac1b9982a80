const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The delays that Standard Webhooks recommends, in seconds: the last attempt comes 75 hours after the first. */
export const WEBHOOK_DELAYS = [
  5,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Greylisting requires a second attempt after minutes, and no mail must be lost if a server is down for a day. */
export const EMAIL_DELAYS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
  24 * HOUR,
  24 * HOUR,
];

const SPREAD = 0.2;

/**
 * Returns the seconds to wait after the given attempt (1 is the first), spread by 20 % in both directions so that
 * deliveries that failed together are not retried together. Returns null after the last attempt.
 */
export function delayAfter(attempt: number, delays: readonly number[], random = Math.random()): number | null {
  const delay = delays[attempt - 1];
  return delay === undefined ? null : delay * (1 - SPREAD + 2 * SPREAD * random);
}
