const DELAYS_MS = [2_000, 10_000, 60_000, 300_000] as const;
const SPREAD = 0.2;

/** How long a job waits after its n-th attempt failed for a passing reason, spread so that jobs do not come back in step. */
export function retryDelayMs(attempt: number, random: number = Math.random()): number {
  const delayMs = DELAYS_MS[Math.min(attempt, DELAYS_MS.length) - 1] ?? DELAYS_MS[0];
  return Math.round(delayMs * (1 - SPREAD + 2 * SPREAD * random));
}
