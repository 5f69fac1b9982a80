import { setTimeout as delay } from 'node:timers/promises';

/** Only ends a wait that would last forever: an overloaded machine is slow, but not wrong. */
const LONGEST_WAIT_MS = 300_000;

export interface WaitOptions {
  timeoutMs?: number;
  intervalMs?: number;
  /** The awaited condition, for the error message. */
  what?: string;
}

/** An error that ends a wait at once. */
export class LastingError extends Error {
  override readonly name = 'LastingError';
}

/**
 * Polls until the condition returns something truthy, and returns that. An error of the condition counts as "not yet"
 * and becomes the cause at the timeout, unless it is a `LastingError`.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = LONGEST_WAIT_MS, intervalMs = 50, what = 'a condition' }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      if (error instanceof LastingError) throw error;
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Timed out after ${timeoutMs} ms while waiting for ${what}`, { cause });
    }
    await delay(intervalMs);
  }
}
