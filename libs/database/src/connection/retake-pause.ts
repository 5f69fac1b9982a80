const FIRST_MS = 250;
const LONGEST_MS = 4_000;
/** An outage of 5 s is retried every 250 ms, one of 80 s or more every 4 s. */
const SHARE_OF_OUTAGE = 1 / 20;

/** Returns the pause before the next attempt to take a lock, with jitter of ± 50 % so that workers do not retry in step. */
export function retakePauseMs(outageMs: number, random: number = Math.random()): number {
  const pauseMs = outageMs * SHARE_OF_OUTAGE;
  if (pauseMs <= FIRST_MS) return FIRST_MS;
  return Math.round(Math.min(pauseMs, LONGEST_MS) * (0.5 + random));
}
