import { expect, it } from 'vitest';
import { JobRows } from '../test/support/job-rows.js';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { median, report } from './support/figures.js';

const ROUNDS = 60;
const ENV = { EMAILS_PER_ADDRESS: '0', SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' };

it(`the answer to a password reset for ${ROUNDS} known and ${ROUNDS} unknown addresses, by turns`, async () => {
  const service = await ServiceUnderTest.start({
    workers: 0,
    env: { LOG_LEVEL: 'info', PUBLIC_URL: 'http://127.0.0.1', ...ENV },
  });
  const rows = new JobRows(service.databaseUrl);
  await rows.query(
    `INSERT INTO users (username, email, email_verified_at, password_hash)
     SELECT 'known-' || n, 'known-' || n || '@example.org', now(), '' FROM generate_series(1, $1) AS n`,
    [ROUNDS],
  );
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const order = round % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    for (const kind of order) times[kind].push(await answerMs(service.baseUrl, `${kind}-${round}@example.org`));
  }
  const recorded = await rows.query('SELECT FROM deliveries');
  expect(recorded).toHaveLength(ROUNDS);
  report(`Answers to a password reset, ${ROUNDS} of each kind, by turns`, {
    'known, median, ms': median(times.known),
    'unknown, median, ms': median(times.unknown),
    'difference of the means, ms': mean(times.known) - mean(times.unknown),
    'its standard error, ms': Math.sqrt(variance(times.known) / ROUNDS + variance(times.unknown) / ROUNDS),
    'how often the known one was slower, of all pairs': slowerShare(times.known, times.unknown),
  });
  await rows.close();
  await service.stop();
});

async function answerMs(baseUrl: string, email: string): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(`${baseUrl}/auth/password-reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
  });
  await response.arrayBuffer();
  expect(response.status).toBe(202);
  return performance.now() - startedAt;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values: readonly number[]): number {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
}

/** Returns 0.5 if an observer learns nothing from one answer. */
function slowerShare(some: readonly number[], others: readonly number[]): number {
  const slower = some.flatMap((value) => others.filter((other) => value > other));
  return slower.length / (some.length * others.length);
}
