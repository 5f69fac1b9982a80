import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { OwnDatabase, makeClip, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultScene } from './support/fault-scene.js';

/** Longer than a lease, so that every lease has expired when the database continues. */
const FREEZE_MS = 20_000;
/** The timeout of a request that hangs. */
const ANSWER_BOUND_MS = 60_000;

describe('a database that fails', () => {
  let database: OwnDatabase;
  let scene: FaultScene;
  let clip: string;

  beforeAll(async () => {
    [clip, database] = await Promise.all([makeClip({ seconds: 8, video: false }), OwnDatabase.start()]);
    scene = await FaultScene.prepare({ databaseUrl: database.url, env: { WORKER_CONCURRENCY: '3' } });
  });
  afterEach(() => scene.ffmpeg.speedUp());
  afterAll(async () => {
    await scene?.stop();
    await database?.remove();
  });

  it('does not stop processes from starting: each reports what is missing, and recovers', async () => {
    await database.kill();
    const { service } = scene;
    service.startApi();
    const [first] = [service.startWorker(), service.startWorker()];
    const urls = [service.baseUrl, await service.healthUrlOf(first)];
    for (const url of urls) {
      const live = await waitFor(() => fetch(`${url}/health/live`), { what: `${url} to live` });
      expect(live.status).toBe(200);
      const { httpStatus, checks } = await service.readiness(url);
      expect([httpStatus, checks['database']?.status, checks['storage']?.status]).toEqual([503, 'down', 'up']);
    }

    await database.restart();

    for (const url of urls) {
      const isReady = async (): Promise<boolean> => (await service.readiness(url)).status === 'ok';
      await waitFor(isReady, { what: `${url} to be ready` });
    }
    await scene.enter();
    await scene.expectDoneOnce((await scene.user.upload(clip)).id);
  });

  it('does not repeat running jobs if one of its backends is killed, which ends every session', async () => {
    const jobs = await startSlowJobs(4);
    const [backend] = await scene.rows.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name = 'owner-lock'`,
    );
    process.kill(backend?.pid ?? NaN, 'SIGKILL');
    for (const id of jobs) await scene.expectDoneOnce(id);
  });

  it('does not repeat running jobs if it is killed and restarted', async () => {
    const jobs = await startSlowJobs(4);
    await database.kill();
    await expectUnavailable(jobs[0] ?? '');
    await database.restart();
    for (const id of jobs) await scene.expectDoneOnce(id);
  });

  it('does not repeat running jobs if it freezes for longer than a lease, with statements in progress', async () => {
    const running = await startSlowJobs(4);
    const waiting = await insertJobLike(running[0] ?? '');
    database.freeze();
    const frozen = delay(FREEZE_MS);
    // The claim and the finishing updates of the slow runs are sent to a database that does not answer.
    await scene.queues.requestAgain(waiting, 1);
    await expectUnavailable(waiting);
    expect((await scene.service.readiness()).checks['database']?.status).toBe('down');
    await frozen;

    database.thaw();

    for (const id of [...running, waiting]) await scene.expectDoneOnce(id);
    for (const id of running) expect((await scene.rows.one(id)).attempt).toBe(1);
  });

  async function startSlowJobs(count: number): Promise<string[]> {
    const jobs = await Promise.all(Array.from({ length: count }, () => scene.startSlowJob(clip)));
    return jobs.map(({ id }) => id);
  }

  /** Creates a job that is due soon and not dispatched yet, so that its only message comes from the test. */
  async function insertJobLike(id: string): Promise<string> {
    const copy = randomUUID();
    await scene.rows.query(
      `INSERT INTO conversion_jobs (id, user_id, source_key, source_filename, source_size, source_format, max_attempts, dispatch_after)
       SELECT $2, user_id, source_key, source_filename, source_size, source_format, max_attempts, now() + interval '5 seconds'
       FROM conversion_jobs WHERE id = $1`,
      [id, copy],
    );
    return copy;
  }

  async function expectUnavailable(id: string): Promise<void> {
    const response = await scene.user.fetch(`/media/${id}/status`, { signal: AbortSignal.timeout(ANSWER_BOUND_MS) });
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'database_unavailable', status: 503 });
  }
});
