import { finished, type Readable, type Writable } from 'node:stream';
import { storageUnavailable } from './storage-errors.js';

/**
 * Pipes a body into a sink and settles as soon as one of them ends or fails or the signal aborts. Rejects with the
 * error of the body, with `storage_unavailable` for an error of the sink, or with the reason of the signal. Unlike
 * `pipeline`, it does not destroy the body, because the caller can have to drain it.
 */
export async function pump(body: Readable, sink: Writable, signal?: AbortSignal): Promise<void> {
  let failure: { readonly reason: unknown } | undefined;
  const fail = (reason: unknown): void => {
    failure ??= { reason };
    sink.destroy();
  };
  const onAbort = (): void => fail(signal?.reason);
  try {
    await new Promise<void>((resolve, reject) => {
      finished(sink, (error) => (error ? reject(error) : resolve()));
      finished(body, { writable: false }, (error) => error && fail(error));
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      body.pipe(sink);
    });
  } catch (error) {
    throw failure ? failure.reason : storageUnavailable(error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    body.unpipe(sink);
  }
}
