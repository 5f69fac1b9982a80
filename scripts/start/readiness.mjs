import { waitUntil } from '../wait-until.mjs';

const REQUEST_TIMEOUT_MS = 5_000;
const INTERVAL_MS = 200;
const REPEAT_AFTER_MS = 15_000;

/**
 * Waits until the api says that a conversion could run; from time to time says what is missing.
 * @param {string} url
 * @param {{ isStopping: () => boolean, say: (message: string) => void }} options
 */
export async function untilSystemReady(url, { isStopping, say }) {
  let saidAt = performance.now();
  /** @param {string} missing */
  const repeat = (missing) => {
    if (performance.now() - saidAt < REPEAT_AFTER_MS) return;
    saidAt = performance.now();
    say(`  … still waiting: ${missing}`);
  };
  await waitUntil(
    async () => {
      const health = await readHealth(url);
      if (health === null) repeat('the api does not answer yet');
      else if (health.status !== 'ok') repeat(describe(health));
      return health?.status === 'ok' || isStopping();
    },
    { timeoutMs: Number.POSITIVE_INFINITY, intervalMs: INTERVAL_MS },
  );
}

/**
 * @typedef {{ status: string, checks?: Record<string, unknown> }} Health
 * @param {string} url
 * @returns {Promise<Health | null>}
 */
async function readHealth(url) {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    return /** @type {Health} */ (await response.json());
  } catch {
    return null;
  }
}

/** @param {Health} health */
function describe({ status, checks = {} }) {
  return `the api is ${status} ${JSON.stringify(checks)}`;
}
