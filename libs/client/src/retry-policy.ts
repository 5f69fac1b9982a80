import type { Availability } from './availability.js';
import { AbortedError, isTemporary, ProblemError, type TemporaryError } from './problem.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 16_000;
/** The limit for `Retry-After`: a service that asks for more time is often back earlier. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Returns the pause after this many consecutive failures. It doubles up to a limit, to spare a service that restarts. */
export function backOffMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
}

export interface RetryOptions {
  /** The time after which a request that keeps failing is not retried. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly availability: Availability;
}

/** Repeats requests while the service is unavailable for a short time, such as during its restart. */
export class RetryPolicy {
  constructor(private readonly options: RetryOptions) {}

  /**
   * Repeats `work` until it succeeds, fails permanently, or times out. Long work calls `onProgress` whenever the
   * service responds; this restarts the timeout.
   */
  async run<T>(work: (onProgress: () => void) => Promise<T>): Promise<T> {
    const { timeoutMs, signal, availability } = this.options;
    const requester = {};
    let failingSince = Number.NaN;
    let failures = 0;
    const onProgress = (): void => {
      failingSince = Number.NaN;
      availability.succeeded(requester);
    };
    try {
      for (;;) {
        try {
          const result = await work(onProgress);
          availability.succeeded(requester);
          return result;
        } catch (error) {
          if (error instanceof ProblemError && !error.isTemporary) availability.succeeded(requester);
          if (!isTemporary(error)) throw error;
          if (Number.isNaN(failingSince)) failingSince = performance.now();
          if (performance.now() - failingSince >= timeoutMs) throw new RetryTimeoutError(error);
          availability.failed(requester, error);
          failures += 1;
          await pause(pauseMs(error, failures), signal);
        }
      }
    } finally {
      availability.abandoned(requester);
    }
  }
}

/** The service did not come back in time. */
export class RetryTimeoutError extends Error {
  override readonly name = 'RetryTimeoutError';

  constructor(readonly reason: TemporaryError) {
    super(reason.message, { cause: reason });
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new AbortedError('The request was aborted.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

function pauseMs(error: TemporaryError, failures: number): number {
  const requestedMs = error instanceof ProblemError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(backOffMs(failures), Math.min(requestedMs, LONGEST_RETRY_AFTER_MS));
}
