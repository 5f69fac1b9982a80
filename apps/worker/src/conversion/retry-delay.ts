const DELAYS_MS = [2_000, 10_000, 60_000, 300_000] as const;
const JITTER = 0.2;

/** Returns the delay after a transient failure of the n-th try, with jitter so that jobs do not retry in step. */
export function retryDelayMs(tries: number, random: number = Math.random()): number {
  const delayMs = DELAYS_MS[Math.min(tries, DELAYS_MS.length) - 1] ?? DELAYS_MS[0];
  return Math.round(delayMs * (1 - JITTER + 2 * JITTER * random));
}
