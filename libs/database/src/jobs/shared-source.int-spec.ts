import { randomUUID } from 'node:crypto';
import { DatabaseFixture, sql, waitFor } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConversionJob } from './conversion-job.entity.js';
import { IntakeRepository, type FromSourceResult } from './intake.repository.js';
import { JobRemovalRepository } from './job-removal.repository.js';
import { OwnedJobRepository } from './owned-job.repository.js';
import { RetentionRepository } from './retention.repository.js';
import type { User } from '../users/user.entity.js';

describe('a source that several jobs share', () => {
  let fixture: DatabaseFixture;
  let user: User;
  let intake: IntakeRepository;
  let removal: JobRemovalRepository;
  let owned: OwnedJobRepository;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    user = await fixture.aUser();
    intake = new IntakeRepository(fixture.database);
    removal = new JobRemovalRepository(fixture.database);
    owned = new OwnedJobRepository(fixture.database);
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM conversion_jobs');
    await fixture.database.rows('DELETE FROM sources');
  });
  afterAll(() => fixture.remove());

  const request = (userId = user.id): Parameters<IntakeRepository['createFromSource']>[0] => ({
    id: randomUUID(),
    userId,
    maxAttempts: 5,
    requestId: 'request-2',
    traceparent: null,
  });

  const convert = (jobId: string): Promise<FromSourceResult> => intake.createFromSource(request(), jobId);

  async function aSharedSource(): Promise<{ first: string; second: string; key: string }> {
    const first = await fixture.aJob(user, { status: 'DONE', output_key: 'output/1' });
    const second = (await convert(first)) as ConversionJob;
    return { first, second: second.id, key: `source/${first}` };
  }

  const sourceKeys = async (): Promise<string[]> =>
    (await fixture.database.rows<{ key: string }>('SELECT key FROM sources')).map(({ key }) => key);

  /**
   * Runs the work while another transaction holds what the statement locks, and ends that once the work waits for it.
   * Rejects if the work ends without waiting.
   */
  async function behindLock<T>(lock: string, values: unknown[], work: () => Promise<T>, before?: string): Promise<T> {
    let result: Promise<T> | undefined;
    await fixture.database.transaction(async (runner) => {
      await runner.query(lock, values);
      let hasEnded = false as boolean;
      result = work().finally(() => {
        hasEnded = true;
      });
      result.catch(() => undefined);
      const waits = async (): Promise<boolean> => hasEnded || (await fixture.lockWaiters()) > 0;
      await waitFor(waits, { what: 'the work to wait for the lock', intervalMs: 5 });
      if (hasEnded) throw new Error(`The work did not wait for the lock; it ended with ${await outcomeOf(result)}`);
      if (before !== undefined) await runner.query(before, values);
    });
    return result as Promise<T>;
  }

  const outcomeOf = (result: Promise<unknown>): Promise<string> => result.then(JSON.stringify, String);

  it('is converted again by a job of its own, which waits', async () => {
    const first = await fixture.aJob(user, { status: 'DONE', options: { bitrate: 64 } });
    const job = await convert(first);
    expect(job).toMatchObject({
      sourceId: first,
      sourceKey: `source/${first}`,
      sourceFilename: 'clip.mp4',
      sourceSize: 1000,
      sourceFormat: 'mp4',
      status: 'PENDING',
      requestId: 'request-2',
      options: {},
    });
    expect(await fixture.read((job as ConversionJob).id)).toEqual(job);
  });

  it('is not converted for another user, or once it has expired', async () => {
    const first = await fixture.aJob(user);
    const other = await fixture.aUser();
    expect(await intake.createFromSource(request(other.id), first)).toBe('missing');
    expect(await convert(randomUUID())).toBe('missing');
    await fixture.database.rows('UPDATE sources SET expired_at = now()');
    expect(await convert(first)).toBe('expired');
  });

  it('goes with its last job', async () => {
    const { first, second, key } = await aSharedSource();
    expect(await removal.remove(first, user.id)).toEqual({ id: first, objectKeys: ['output/1'] });
    expect(await sourceKeys()).toEqual([key]);
    expect(await removal.remove(second, user.id)).toEqual({ id: second, objectKeys: [key] });
    expect(await sourceKeys()).toEqual([]);
  });

  it('goes at once if all of its jobs go together', async () => {
    const { first, second, key } = await aSharedSource();
    const other = await fixture.aJob(user);
    const removed = await removal.removeMany([first, second, randomUUID()], user.id);
    expect(removed.map(({ id }) => id).toSorted()).toEqual([first, second].toSorted());
    expect([...new Set(removed.flatMap(({ objectKeys }) => objectKeys))].toSorted()).toEqual(['output/1', key]);
    expect(await sourceKeys()).toEqual([`source/${other}`]);
  });

  it('is not removed by another user', async () => {
    const other = await fixture.aUser();
    const id = await fixture.aJob(user);
    expect(await removal.remove(id, other.id)).toBeNull();
    expect(await removal.removeMany([id], other.id)).toEqual([]);
    expect(await owned.cancelMany([id], other.id)).toEqual([]);
    expect((await fixture.read(id)).status).toBe('PENDING');
  });

  it('stays if a job is added while the removal of its last job waits', async () => {
    const first = await fixture.aJob(user);
    const added = randomUUID();
    const insert = `INSERT INTO conversion_jobs (id, user_id, source_id, source_key, source_filename, source_size, source_format, max_attempts)
      SELECT '${added}', user_id, id, key, filename, size, format, 5 FROM sources WHERE id = $1`;
    const removed = await behindLock(
      'SELECT FROM sources WHERE id = $1 FOR SHARE',
      [first],
      () => removal.remove(first, user.id),
      insert,
    );
    expect(removed).toEqual({ id: first, objectKeys: [] });
    expect(await sourceKeys()).toEqual([`source/${first}`]);
    expect((await fixture.read(added)).sourceId).toBe(first);
  });

  it.each([
    [
      'removed',
      'WITH job AS (DELETE FROM conversion_jobs WHERE source_id = $1) DELETE FROM sources WHERE id = $1',
      'missing',
    ],
    ['expired', 'UPDATE sources SET expired_at = now() WHERE id = $1', 'expired'],
  ])('is not converted if it is %s while the request waits', async (_how, release, expected) => {
    const first = await fixture.aJob(user);
    const lock = 'SELECT FROM sources WHERE id = $1 FOR UPDATE';
    expect(await behindLock(lock, [first], () => convert(first), release)).toBe(expected);
  });

  it('is not retried if it expires while the request waits', async () => {
    const id = await fixture.aJob(user, { status: 'FAILED', error: 'unknown_error', finished_at: sql('now()') });
    const before = await fixture.read(id);
    const release = 'UPDATE sources SET expired_at = now() WHERE id = $1';
    const lock = 'SELECT FROM sources WHERE id = $1 FOR UPDATE';
    expect(await behindLock(lock, [id], () => owned.retry(before, 5), release)).toBe('expired');
    expect(await fixture.read(id)).toEqual(before);
  });

  it('has its object as long as it has jobs, whatever two conversions and a deletion do at once', async () => {
    for (let round = 0; round < 30; round += 1) {
      const first = await fixture.aJob(user);
      const [removed, ...converted] = await Promise.all([
        removal.remove(first, user.id),
        convert(first),
        convert(first),
      ]);
      const isKept = (await sourceKeys()).includes(`source/${first}`);
      expect(removed?.objectKeys).toEqual(isKept ? [] : [`source/${first}`]);
      expect(converted.some((result) => typeof result === 'object')).toBe(isKept);
      for (const result of converted) {
        if (typeof result === 'object') expect((await fixture.read(result.id)).sourceId).toBe(first);
        else expect(result).toBe('missing');
      }
    }
  });

  it('removes and cancels what it can of many jobs, and does not wait for the others', async () => {
    const [locked, ...free] = [await fixture.aJob(user), await fixture.aJob(user), await fixture.aJob(user)];
    await fixture.database.transaction(async (runner) => {
      await runner.query('SELECT FROM conversion_jobs WHERE id = $1 FOR UPDATE', [locked]);
      const canceled = await owned.cancelMany([locked, ...free], user.id);
      expect(canceled.toSorted()).toEqual(free.toSorted());
      const removed = await removal.removeMany([locked, ...free], user.id);
      expect(removed.map(({ id }) => id).toSorted()).toEqual(free.toSorted());
    });
    expect(await sourceKeys()).toEqual([`source/${locked}`]);
  });

  it('is known to the sweep by its key, until it expires', async () => {
    const { first, key } = await aSharedSource();
    await removal.remove(first, user.id);
    const sut = new RetentionRepository(fixture.database);
    const unknown = `source/${randomUUID()}`;
    expect(await sut.findKeptSources([key, unknown])).toEqual(new Set([key]));
    await fixture.database.rows('UPDATE sources SET expired_at = now()');
    expect(await sut.findKeptSources([key, unknown])).toEqual(new Set());
  });
});
