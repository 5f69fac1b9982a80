const DELAYS_MS = [2_000, 10_000, 60_000, 300_000] as const;
const JITTER = 0.2;

/** Returns the delay after the n-th failed attempt, with jitter so that jobs do not retry at the same time. */
export function retryDelayMs(countedAttempts: number, random: number = Math.random()): number {
  const delayMs = DELAYS_MS[Math.min(countedAttempts, DELAYS_MS.length) - 1] ?? DELAYS_MS[0];
  return Math.round(delayMs * (1 - JITTER + 2 * JITTER * random));
}
