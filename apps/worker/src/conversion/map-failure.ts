import { conversionFailure, type FailureCode } from '@app/domain';

/** Gives a failed step its failure code. A stopped run has no failure. */
export async function mapFailure<T>(code: FailureCode, signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    signal.throwIfAborted();
    throw conversionFailure(code, error);
  }
}
