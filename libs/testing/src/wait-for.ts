import { setTimeout as delay } from 'node:timers/promises';

/** Only ends a wait that would last for ever: a machine with eight times its load is slow, not wrong. */
const LONGEST_WAIT_MS = 300_000;

export interface WaitOptions {
  timeoutMs?: number;
  intervalMs?: number;
  /** What is waited for, in the error's words. */
  what?: string;
}

/** An error that waiting does not mend. */
export class LastingError extends Error {
  override readonly name = 'LastingError';
}

/**
 * Asks until the condition gives something truthy and returns that. An error thrown by the condition counts as "not yet"
 * and becomes the cause when the time is over, unless it is a lasting one.
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
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`, { cause });
    }
    await delay(intervalMs);
  }
}
