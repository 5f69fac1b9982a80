/** Runs two tasks at the same time. If one fails, aborts and awaits the other before it rejects. */
export async function runBoth<A, B>(
  outer: AbortSignal,
  start: (signal: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
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
