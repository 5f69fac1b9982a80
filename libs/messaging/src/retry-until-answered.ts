import pRetry from 'p-retry';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly shouldRetry?: (error: Error) => boolean;
}

/**
 * Repeats a request to a service until it succeeds. Rejects with the signal's reason when the signal aborts, unless the
 * request succeeds all the same: a statement that took effect must not be forgotten.
 */
export async function retryUntilAnswered<T>(request: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, shouldRetry = () => true } = options;
  let answer: { readonly value: T } | undefined;
  const attempt = async (): Promise<void> => {
    answer = { value: await request() };
  };
  try {
    await pRetry(attempt, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: FIRST_PAUSE_MS,
      maxTimeout: LONGEST_PAUSE_MS,
      randomize: true,
      shouldRetry: ({ error }) => shouldRetry(error),
      signal,
    });
  } catch (error) {
    // p-retry drops an answer that arrives after the abort.
    if (answer === undefined) throw error;
  }
  if (answer === undefined) throw new Error('The request was not answered');
  return answer.value;
}
