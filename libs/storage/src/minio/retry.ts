import pRetry from 'p-retry';
import { isTransient } from './minio-errors.js';

export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Doubles with each attempt, plus up to 100 % at random. */
  readonly firstDelayMs: number;
  /** No attempt starts later than this after the first. */
  readonly budgetMs: number;
}

/** Retries an idempotent request while its errors are transient. On abort, rejects with the reason of the signal. */
export async function retryTransient<T>(
  request: (attempt: number) => Promise<T>,
  { maxAttempts, firstDelayMs, budgetMs }: RetryPolicy,
  signal?: AbortSignal,
): Promise<T> {
  const startedAt = performance.now();
  const canWait = (pauseMs: number): boolean => performance.now() - startedAt + pauseMs <= budgetMs;
  try {
    return await pRetry(request, {
      retries: maxAttempts - 1,
      minTimeout: firstDelayMs,
      maxRetryTime: budgetMs,
      randomize: true,
      shouldRetry: ({ error, retriesConsumed }) => isTransient(error) && canWait(firstDelayMs * 2 ** retriesConsumed),
      ...(signal && { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
