/**
 * For health checks of containers, whose images have neither curl nor wget: ends with 0 where the URL answers 200, and
 * says otherwise what is down. `node deploy/health-check.mjs http://127.0.0.1:3000/health/ready`
 */
const TIMEOUT_MS = 4_000;

const [url = ''] = process.argv.slice(2);
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  process.stdout.write(`${response.status} ${await response.text()}\n`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  const { message, cause } = /** @type {Error} */ (error);
  process.stdout.write(`${url} does not answer: ${cause instanceof Error ? cause.message : message}\n`);
  process.exitCode = 1;
}
