import { makeClip, waitFor } from '@app/testing';
import { expect, it } from 'vitest';
import { JobRows } from '../test/support/job-rows.js';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { median, report } from './support/figures.js';
import { copyJob } from './support/job-copies.js';

const CLIPS = 100;
const CLIP_SECONDS = 3;
const SLOTS = 2;
const ROUNDS = 5;
/** With all slots busy, two messages and these are ready: 16, so that no slot ever waits for a message. */
const FURTHER_MESSAGES = 14;
/** A worker that exists only in the table: its slots widen the window of the dispatchers. */
const NO_WORKER = '-1';
const LOST_SHARE = 0.02;
const LONGEST_ROUND_MS = 1_800_000;

interface Round {
  readonly seconds: number;
  /** The share of the time of all slots in which they had no job. */
  readonly idleShare: number;
  /** The number of times that a slot became free before the message of its next job was sent. Other load hardly changes it. */
  readonly waits: number;
}

it(`${CLIPS} clips of ${CLIP_SECONDS} s with the window of messages and with one of 16, in turn`, async () => {
  const service = await ServiceUnderTest.start({ env: { WORKER_CONCURRENCY: String(SLOTS), LOG_LEVEL: 'info' } });
  const rows = new JobRows(service.databaseUrl);
  const user = await service.signIn();
  const clip = await makeClip({ seconds: CLIP_SECONDS });
  const first = await user.upload(clip);
  await user.ended(first.id);
  await copyJob(rows, first.id, CLIPS - 1);
  await runAll(rows);

  const [small, wide]: [Round[], Round[]] = [[], []];
  for (let i = 0; i < ROUNDS; i += 1) {
    const kinds = [() => withWindow(rows, 0, small), () => withWindow(rows, FURTHER_MESSAGES, wide)];
    if (i % 2 === 1) kinds.reverse();
    for (const run of kinds) await run();
  }
  const secondsOf = (rounds: Round[]): number => median(rounds.map(({ seconds }) => seconds));
  const idleOf = (rounds: Round[]): string =>
    `${(100 * median(rounds.map(({ idleShare }) => idleShare))).toFixed(2)} %`;
  const waitsOf = (rounds: Round[]): number => median(rounds.map(({ waits }) => waits));
  const ratios = small.map(({ seconds }, i) => seconds / (wide[i]?.seconds ?? NaN));
  report(`${CLIPS} clips of ${CLIP_SECONDS} s in ${SLOTS} slots, medians of ${ROUNDS}`, {
    'window of free slots and two, s': secondsOf(small),
    'window of 16, s': secondsOf(wide),
    'small ÷ 16, of medians': secondsOf(small) / secondsOf(wide),
    'small ÷ 16, median of the pairs': median(ratios),
    'slots without a job, small': idleOf(small),
    'slots without a job, 16': idleOf(wide),
    [`free slots that found no message, small, of ${CLIPS - SLOTS}`]: waitsOf(small),
    [`free slots that found no message, 16, of ${CLIPS - SLOTS}`]: waitsOf(wide),
  });
  await rows.close();
  await service.stop();
  expect(secondsOf(small) / secondsOf(wide)).toBeLessThanOrEqual(1 + LOST_SHARE);
});

async function withWindow(rows: JobRows, furtherMessages: number, rounds: Round[]): Promise<void> {
  await rows.query('DELETE FROM workers WHERE owner = $1', [NO_WORKER]);
  if (furtherMessages > 0) {
    await rows.query(`INSERT INTO workers (owner, slots, seen_at) VALUES ($1, $2, now() + interval '1 day')`, [
      NO_WORKER,
      furtherMessages,
    ]);
  }
  rounds.push(await runAll(rows));
}

/** Runs all jobs again. The clock is the database's, from the first claim to the last end. */
async function runAll(rows: JobRows): Promise<Round> {
  await rows.query(
    `UPDATE conversion_jobs SET status = 'PENDING', attempt = 0, dispatched_at = NULL, dispatch_after = now(),
       started_at = NULL, finished_at = NULL, output_key = NULL`,
  );
  await waitFor(async () => (await unfinished(rows)) === 0, {
    intervalMs: 250,
    timeoutMs: LONGEST_ROUND_MS,
    what: `the end of ${CLIPS} jobs`,
  });
  const [row] = await rows.query<{ seconds: number; busy: number; waits: number }>(
    `WITH claims AS (SELECT dispatched_at, row_number() OVER (ORDER BY started_at) AS n FROM conversion_jobs),
          ends AS (SELECT finished_at, row_number() OVER (ORDER BY finished_at) + ${SLOTS} AS n FROM conversion_jobs)
     SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 AS seconds,
            extract(epoch FROM sum(finished_at - started_at))::float8 AS busy,
            (SELECT count(*)::int FROM claims JOIN ends USING (n) WHERE dispatched_at > finished_at) AS waits
     FROM conversion_jobs`,
  );
  if (row === undefined) throw new Error('There are no jobs');
  return { seconds: row.seconds, idleShare: 1 - row.busy / (row.seconds * SLOTS), waits: row.waits };
}

async function unfinished(rows: JobRows): Promise<number> {
  const [row] = await rows.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM conversion_jobs WHERE status <> 'DONE'`,
  );
  return row?.count ?? NaN;
}
