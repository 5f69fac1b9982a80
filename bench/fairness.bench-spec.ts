import { makeClip, waitFor } from '@app/testing';
import { expect, it } from 'vitest';
import { JobRows } from '../test/support/job-rows.js';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { report } from './support/figures.js';

const QUEUED = 300;
const CONCURRENCY = 2;
/** The messages in addition to free slots; all slots are busy when the clip of the second user arrives. */
const WINDOW = 2;
const BATCH = 20;

it(`${QUEUED} queued clips of one user, and then another user's first`, async () => {
  const service = await ServiceUnderTest.start({
    workers: 0,
    env: { WORKER_CONCURRENCY: String(CONCURRENCY), LOG_LEVEL: 'info' },
  });
  const rows = new JobRows(service.databaseUrl);
  const [many, one] = [await service.signIn(), await service.signIn()];
  const clip = await makeClip({ seconds: 3 });
  for (let i = 0; i < QUEUED; i += BATCH) await Promise.all(Array.from({ length: BATCH }, () => many.upload(clip)));

  service.startWorker();
  await waitFor(async () => (await finished(rows)) >= CONCURRENCY);
  const uploadedAt = await finished(rows);
  const { id } = await one.upload(clip);
  await one.ended(id);
  const [row] = await rows.query<{ before: number }>(
    `SELECT count(*)::int AS before FROM conversion_jobs
     WHERE id <> $1 AND finished_at <= (SELECT finished_at FROM conversion_jobs WHERE id = $1)`,
    [id],
  );
  const ahead = (row?.before ?? NaN) - uploadedAt;
  const allowed = WINDOW + CONCURRENCY;
  report(`${QUEUED} clips queued by one user`, {
    "clips done between another user's upload and its end": ahead,
    'allowed (one window and the running jobs)': allowed,
  });
  await rows.close();
  await service.stop();
  // The jobs that ran at the upload of the clip, one window of messages, and the jobs that ran with the clip.
  expect(ahead).toBeLessThanOrEqual(allowed + CONCURRENCY);
});

async function finished(rows: JobRows): Promise<number> {
  const [row] = await rows.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM conversion_jobs WHERE status = 'DONE'`,
  );
  return row?.count ?? 0;
}
