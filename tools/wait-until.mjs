import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until the condition is true.
 * @param {() => boolean | Promise<boolean>} condition
 * @param {{ timeoutMs: number, intervalMs?: number }} options
 * @returns {Promise<boolean>} false after the timeout
 */
export async function waitUntil(condition, { timeoutMs, intervalMs = 50 }) {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await delay(intervalMs);
  }
  return true;
}
