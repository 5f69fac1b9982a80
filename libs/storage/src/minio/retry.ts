import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from './minio-errors.js';

export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Doubles with each attempt, ± 50 %. */
  readonly firstDelayMs: number;
  /** No attempt begins later than this after the first. */
  readonly budgetMs: number;
}

/** Repeats an idempotent request while its failure may pass. The signal's reason wins over the failure. */
export async function retryTransient<T>(
  operation: (attempt: number) => Promise<T>,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<T> {
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      signal?.throwIfAborted();
      return await operation(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      const pauseMs = policy.firstDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random());
      const isLate = performance.now() - startedAt + pauseMs > policy.budgetMs;
      if (attempt >= policy.maxAttempts || isLate || !isTransient(error)) throw error;
      // An abort ends the pause; the next round then throws its reason.
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
