import { setTimeout as delay } from 'node:timers/promises';
import { makeClip, waitFor } from '@app/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FaultScene } from '../test/support/fault-scene.js';
import { median, report } from './support/figures.js';
import { copyJob } from './support/job-copies.js';

const ROUNDS = 20;
const LIMIT_SECONDS = 3;
/** At playback speed until its worker is killed, so that it is always killed during the conversion. */
const CLIP_SECONDS = 60;
/** Short, so that the slot of the other worker is soon free. */
const WAITING_CLIP_SECONDS = 1;
/** The reconciler needs prompt answers for a full lease before it trusts what it reads. */
const TRUST_MS = 16_000;

let scene: FaultScene;
let clip: string;

beforeAll(async () => {
  clip = await makeClip({ seconds: CLIP_SECONDS, video: false, container: 'mkv', codec: 'opus', sampleRate: 48_000 });
  scene = await FaultScene.start({ workers: 2, env: { WORKER_CONCURRENCY: '1', LOG_LEVEL: 'info' } });
  await delay(TRUST_MS);
});

afterAll(() => scene?.stop());

interface Resumption {
  /** From the death of the worker to the second claim. */
  readonly seconds: number;
  /** Other jobs that were claimed between, by the other worker. */
  readonly claimsBetween: number;
}

it.each([0, 10_000])(`a worker killed during a conversion, ${ROUNDS} times, with %i jobs waiting`, async (waiting) => {
  if (waiting > 0) await addWaiting(waiting);
  const resumptions: Resumption[] = [];
  for (let i = 0; i < ROUNDS; i += 1) resumptions.push(await killOnce());
  const resumed = resumptions.map(({ seconds }) => seconds);
  const claims = resumptions.map(({ claimsBetween }) => claimsBetween);
  report(`A killed worker's job runs again, ${ROUNDS} times, with ${waiting} jobs of its owner waiting`, {
    'median, s': median(resumed),
    '95th percentile, s': percentile95(resumed),
    'slowest, s': Math.max(...resumed),
    'all, s': resumed.map((seconds) => seconds.toFixed(2)).join(' '),
    'other jobs claimed meanwhile, median and most': `${median(claims)}, ${Math.max(...claims)}`,
    'still waiting': await countWaiting(),
  });
  if (waiting > 0) expect(await countWaiting()).toBeGreaterThan(0);
  expect(percentile95(resumed)).toBeLessThanOrEqual(LIMIT_SECONDS);
});

async function killOnce(): Promise<Resumption> {
  const { service, rows, user, ffmpeg } = scene;
  await service.consumers(2);
  await ffmpeg.slowDown();
  const { id } = await user.upload(clip);
  // Otherwise the jobs that wait already would run first.
  await rows.query(`UPDATE conversion_jobs SET created_at = '2000-01-01' WHERE id = $1`, [id]);
  const { worker } = await scene.running(id);
  await ffmpeg.speedUp();
  await worker.kill();
  const claimsBefore = await countClaims();
  const killedAt = performance.now();
  await waitFor(async () => (await rows.one(id)).attempt === 2, { intervalMs: 20, what: 'the second attempt' });
  const seconds = (performance.now() - killedAt) / 1000;
  // Without the second claim of the job itself.
  const claimsBetween = (await countClaims()) - claimsBefore - 1;
  service.startWorker();
  await scene.expectDoneOnce(id, 2);
  return { seconds, claimsBetween };
}

async function countClaims(): Promise<number> {
  const [row] = await scene.rows.query<{ count: number }>(
    'SELECT coalesce(sum(attempt), 0)::int AS count FROM conversion_jobs',
  );
  return row?.count ?? 0;
}

/** Adds jobs of the same owner. */
async function addWaiting(count: number): Promise<void> {
  const { id } = await scene.user.upload(await makeClip({ seconds: WAITING_CLIP_SECONDS }));
  await scene.user.ended(id);
  await copyJob(scene.rows, id, count);
}

async function countWaiting(): Promise<number> {
  const [row] = await scene.rows.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM conversion_jobs WHERE status = 'PENDING'`,
  );
  return row?.count ?? 0;
}

function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? NaN;
}
