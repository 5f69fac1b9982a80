/** Runs tasks at the same time. If one fails, aborts and awaits the others before it rejects. */
export async function runAll<T extends readonly unknown[] | []>(
  outer: AbortSignal,
  start: (signal: AbortSignal) => { [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(outer.reason);
  outer.throwIfAborted();
  outer.addEventListener('abort', abort);
  const tasks = start(controller.signal);
  try {
    return await Promise.all(tasks);
  } catch (error) {
    controller.abort(error);
    await Promise.allSettled(tasks);
    outer.throwIfAborted();
    throw error;
  } finally {
    outer.removeEventListener('abort', abort);
  }
}
