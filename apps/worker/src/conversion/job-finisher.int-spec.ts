import { randomUUID } from 'node:crypto';
import type { ClaimedJob, Output } from '@app/database';
import { waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArmedFailpoints } from '../../test/armed-failpoints.js';
import { HeldRow } from '../../test/held-row.js';
import { WorkerParts } from '../../test/worker-parts.js';
import type { JobFinisher } from './job-finisher.js';
import { LeaseLostError } from './stop-reasons.js';

const neverStopped = new AbortController().signal;

function anOutput(job: ClaimedJob, changes: Partial<Output> = {}): Output {
  const key = `output/${job.jobId}/${job.attempt}-${job.token}.mp3`;
  return { key, sizeBytes: 10, sha256: 'ab', durationMs: 1_000, encoding: 'encoded', ...changes };
}

describe('JobFinisher', () => {
  let parts: WorkerParts;
  let worker: ReturnType<WorkerParts['aWorker']>;
  let sut: JobFinisher;
  let failpoints: ArmedFailpoints;
  let job: ClaimedJob;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    parts = await WorkerParts.create();
    failpoints = await ArmedFailpoints.enable();
  });
  beforeEach(async () => {
    worker = parts.aWorker();
    sut = worker.finisher;
    job = await parts.aClaimedJob();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await parts.settle();
  });
  afterAll(async () => {
    await failpoints.disable();
    await parts.remove();
  });

  const read = () => parts.fixture.read(job.jobId);

  describe.each(['finish.commit.before', 'finish.commit.after'] as const)(
    'when the connection is lost at %s',
    (point) => {
      beforeEach(() => failpoints.throwAt(point));
      afterEach(() => expect(failpoints.isArmed(point)).toBe(false));

      it('makes the job DONE once, with one event', async () => {
        const output = anOutput(job);
        const { revision } = await read();
        expect(await sut.markDone(job, output, neverStopped)).toBe('made');
        expect(await read()).toMatchObject({ status: 'DONE', outputKey: output.key, revision: revision + 1 });
        expect(await parts.eventsOf(job.jobId)).toEqual([{ status: 'DONE', error: null }]);
      });

      it('makes it FAILED once, with one event', async () => {
        const { revision } = await read();
        await sut.markFailed(job, { code: 'corrupt_source' }, neverStopped);
        expect(await read()).toMatchObject({ status: 'FAILED', error: 'corrupt_source', revision: revision + 1 });
        expect(await parts.eventsOf(job.jobId)).toEqual([{ status: 'FAILED', error: 'corrupt_source' }]);
      });

      it('delays it once, without an event', async () => {
        const { revision } = await read();
        await sut.retryLater(job, 60_000, neverStopped);
        expect(await read()).toMatchObject({ status: 'PENDING', attempt: 1, maxAttempts: 5, revision: revision + 1 });
        expect(await parts.eventsOf(job.jobId)).toEqual([]);
      });
    },
  );

  it('reads the row when the database is back, and finds its own outcome', async () => {
    const row = await HeldRow.take(parts.fixture.env.DATABASE_URL, job.jobId);
    const finish = sut.markDone(job, anOutput(job), neverStopped);
    await row.awaited();
    await parts.takeDatabaseAway();
    await row.letGo();
    await waitFor(async () => (await read()).status === 'DONE', { what: 'the update without an answer' });
    await parts.bringDatabaseBack();
    expect(await finish).toBe('made');
    expect(await parts.eventsOf(job.jobId)).toHaveLength(1);
  });

  it('retries while the database is unavailable', async () => {
    await parts.takeDatabaseAway();
    const tries = vi.spyOn(worker.leases, 'markDone');
    const finish = sut.markDone(job, anOutput(job), neverStopped);
    await waitFor(() => tries.mock.calls.length >= 3, { what: 'failed attempts' });
    await parts.bringDatabaseBack();
    expect(await finish).toBe('made');
    expect(await read()).toMatchObject({ status: 'DONE' });
    expect(await parts.eventsOf(job.jobId)).toHaveLength(1);
  });

  describe('reports a lost lease', () => {
    const expectAllLost = async (): Promise<void> => {
      expect(await sut.markDone(job, anOutput(job), neverStopped)).toBe('lost');
      expect(await sut.markFailed(job, { code: 'unknown_error' }, neverStopped)).toBe('lost');
      expect(await sut.retryLater(job, 0, neverStopped)).toBe('lost');
      expect(await parts.eventsOf(job.jobId)).toEqual([]);
    };

    it('when another run holds the job', async () => {
      await parts.fixture.change(job.jobId, { lease_token: randomUUID() });
      const before = await read();
      await expectAllLost();
      expect(await read()).toEqual(before);
    });

    it("when another run's output is the job's", async () => {
      const output_key = 'output/of-another-run';
      await parts.fixture.change(job.jobId, { status: 'DONE', output_key, lease_token: null });
      const before = await read();
      await expectAllLost();
      expect(await read()).toEqual(before);
    });

    it('when the job was deleted', async () => {
      await parts.fixture.database.rows('DELETE FROM conversion_jobs WHERE id = $1', [job.jobId]);
      await expectAllLost();
    });
  });

  it('stops retrying with the reason of the signal', async () => {
    await parts.takeDatabaseAway();
    const tries = vi.spyOn(worker.leases, 'markDone');
    const run = new AbortController();
    const finish = sut.markDone(job, anOutput(job), run.signal);
    await waitFor(() => tries.mock.calls.length >= 2, { what: 'failed attempts' });
    run.abort(new LeaseLostError());
    await expect(finish).rejects.toThrow(LeaseLostError);
  });

  it('does not retry a statement that the database rejects', async () => {
    const refused = anOutput(job, { durationMs: 0.5 });
    await expect(sut.markDone(job, refused, neverStopped)).rejects.toThrow('invalid input syntax');
    expect(await read()).toMatchObject({ status: 'PROCESSING', leaseToken: job.token });
  });

  describe('giveBack', () => {
    it('requeues the job and returns its attempt', async () => {
      await sut.giveBack(job);
      expect(await read()).toMatchObject({ status: 'PENDING', attempt: 1, maxAttempts: 6 });
    });

    it('tries once, and leaves the job to the reconciler', async () => {
      await parts.takeDatabaseAway();
      await sut.giveBack(job);
      expect(await read()).toMatchObject({ status: 'PROCESSING', maxAttempts: 5 });
    });
  });

  describe('isOutputUnwanted', () => {
    const isUnwanted = () => sut.isOutputUnwanted(job, anOutput(job).key);

    it('is false while the run holds the job, and for the output of the job', async () => {
      expect(await isUnwanted()).toBe(false);
      await sut.markDone(job, anOutput(job), neverStopped);
      expect(await isUnwanted()).toBe(false);
    });

    it('is false while the row cannot be read', async () => {
      await parts.fixture.change(job.jobId, { lease_token: randomUUID() });
      await parts.takeDatabaseAway();
      expect(await isUnwanted()).toBe(false);
    });

    it('is true when another run holds the job, or the job is gone', async () => {
      await parts.fixture.change(job.jobId, { lease_token: randomUUID() });
      expect(await isUnwanted()).toBe(true);
      await parts.fixture.database.rows('DELETE FROM conversion_jobs WHERE id = $1', [job.jobId]);
      expect(await isUnwanted()).toBe(true);
    });
  });
});
