import { waitUntil } from '../../tools/wait-until.mjs';

const REQUEST_TIMEOUT_MS = 5_000;
const INTERVAL_MS = 200;
const REPEAT_AFTER_MS = 15_000;

/**
 * @typedef {{ status: string, detail?: string }} Check
 * @typedef {{ status: string, checks?: Record<string, Check> }} Health
 */

/**
 * Waits until the api reports that a conversion can run. If this takes long, shows what is missing.
 * @param {string} url
 * @param {{ isStopping: () => boolean, onDelay: (missing: string) => void }} options
 */
export async function untilSystemReady(url, { isStopping, onDelay }) {
  let saidAt = performance.now();
  /** @param {string} missing */
  const repeat = (missing) => {
    if (performance.now() - saidAt < REPEAT_AFTER_MS) return;
    saidAt = performance.now();
    onDelay(missing);
  };
  await waitUntil(
    async () => {
      const health = await readHealth(url);
      if (health === null) repeat('the api does not answer yet');
      else if (health.status !== 'ok') repeat(describeHealth(health));
      return health?.status === 'ok' || isStopping();
    },
    { timeoutMs: Number.POSITIVE_INFINITY, intervalMs: INTERVAL_MS },
  );
}

/**
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
export function describeHealth({ status, checks = {} }) {
  const missing = Object.entries(checks).filter(([, check]) => check.status !== 'up');
  if (missing.length === 0) return `the api is ${status}`;
  return missing.map(([name, check]) => `${name} (${check.detail ?? check.status})`).join(', ');
}
