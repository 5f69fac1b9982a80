import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** Pauses that double, for work that waits until a service is back. Rejects with the signal's reason when it aborts. */
export class BackOff {
  private nextMs = FIRST_MS;

  constructor(private readonly signal: AbortSignal) {}

  async pause(): Promise<void> {
    const pauseMs = this.nextMs;
    this.nextMs = Math.min(pauseMs * 2, LONGEST_MS);
    await delay(pauseMs, undefined, { signal: this.signal }).catch(() => undefined);
    this.signal.throwIfAborted();
  }
}
