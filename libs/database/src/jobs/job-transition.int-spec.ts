import { randomUUID } from 'node:crypto';
import { ALLOWED_MOVES, CONVERSION_STATUSES, isMoveAllowed, isTerminal, type ConversionStatus } from '@app/domain';
import { DatabaseFixture, sql } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConversionJob } from './conversion-job.entity.js';
import { jobTransition, type JobTransition } from './job-transition.js';
import { OwnedJobRepository } from './owned-job.repository.js';
import type { User } from '../users/user.entity.js';

type AnyTransition = JobTransition<ConversionStatus>;

const MOVES = CONVERSION_STATUSES.flatMap((from) => CONVERSION_STATUSES.map((to) => ({ from, to })));
const ALLOWED = MOVES.filter(({ from, to }) => isMoveAllowed(from, to));
const FORBIDDEN = MOVES.filter(({ from, to }) => !isMoveAllowed(from, to));

/** The domain's table is the input of every case, so a move is not fixed at compile time here. */
const transition = ({ from, to }: (typeof MOVES)[number], where: string): string =>
  jobTransition({ from, to, where, set: claimOf(to) } as AnyTransition);

const claimOf = (to: ConversionStatus): Record<string, string> =>
  to === 'PROCESSING' ? { lease_token: 'gen_random_uuid()' } : {};

const RUN = { lease_owner: '1', lease_until: sql('now()'), progress: 40, started_at: sql('now()') };
const AN_HOUR_AGO = sql(`now() - interval '1 hour'`);

describe('jobTransition', () => {
  let fixture: DatabaseFixture;
  let user: User;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    user = await fixture.aUser();
  });
  beforeEach(() => fixture.database.rows('DELETE FROM outbox'));
  afterAll(() => fixture.remove());

  /** A job as the moves into its status leave it: a claimed or waiting one has its message out. */
  async function aJobIn(status: ConversionStatus): Promise<ConversionJob> {
    const id = await fixture.aJob(user, {
      status,
      attempt: 1,
      dispatched_at: AN_HOUR_AGO,
      dispatch_after: AN_HOUR_AGO,
      changed_at: AN_HOUR_AGO,
      ...(status === 'PROCESSING' && { ...RUN, lease_token: randomUUID() }),
      ...(isTerminal(status) && { finished_at: AN_HOUR_AGO, started_at: AN_HOUR_AGO }),
      ...(status === 'FAILED' && { error: 'unknown_error' }),
    });
    return fixture.read(id);
  }

  const events = (): Promise<{ payload: object }[]> => fixture.database.rows('SELECT topic, payload FROM outbox');

  describe.each(ALLOWED)('$from → $to', (move) => {
    it('moves the job and keeps what belongs to the new status only', async () => {
      const before = await aJobIn(move.from);
      const moved = await fixture.database.rows(transition(move, 'id = $1'), [before.id]);
      expect(moved).toEqual([{ id: before.id }]);
      const after = await fixture.read(before.id);
      expect(after).toMatchObject({ status: move.to, revision: before.revision + 1 });
      expect(after.changedAt.getTime()).toBeGreaterThan(before.changedAt.getTime());
      expectOwnColumns(before, after);
    });

    it(isTerminal(move.to) ? 'writes the facts of its event' : 'writes no event', async () => {
      const { id } = await aJobIn(move.from);
      await fixture.change(id, { notify_email: true, callback_url: 'https://example.org/done' });
      await fixture.database.rows(transition(move, 'id = $1'), [id]);
      const job = await fixture.read(id);
      const facts = {
        job_id: id,
        user_id: user.id,
        status: job.status,
        error: job.error,
        revision: job.revision,
        filename: job.sourceFilename,
        duration_ms: job.durationMs,
        output_size: job.outputSize,
        notify_email: true,
        callback_url: 'https://example.org/done',
      };
      expect(await events()).toEqual(isTerminal(move.to) ? [{ topic: 'conversion.finished', payload: facts }] : []);
    });

    it.each(CONVERSION_STATUSES.filter((status) => status !== move.from))(
      'does not touch a job that is %s',
      async (status) => {
        const before = await aJobIn(status);
        expect(await fixture.database.rows(transition(move, 'id = $1'), [before.id])).toEqual([]);
        expect(await fixture.read(before.id)).toEqual(before);
        expect(await events()).toEqual([]);
      },
    );

    it('does not touch a job that its guard excludes', async () => {
      const before = await aJobIn(move.from);
      expect(await fixture.database.rows(transition(move, 'id = $1 AND false'), [before.id])).toEqual([]);
      expect(await fixture.read(before.id)).toEqual(before);
      expect(await events()).toEqual([]);
    });
  });

  it.each(FORBIDDEN)('has no statement for $from → $to', (move) => {
    expect(() => transition(move, 'id = $1')).toThrow(`never moves from ${move.from} to ${move.to}`);
  });

  it('checks every origin of a move from several', () => {
    const from = ['PROCESSING', 'DONE'];
    expect(() => jobTransition({ from, to: 'FAILED', where: 'true' } as AnyTransition)).toThrow('from DONE to FAILED');
  });

  it('binds a condition with OR to the status', async () => {
    const before = await aJobIn('DONE');
    await fixture.database.rows(transition({ from: 'PENDING', to: 'CANCELED' }, 'false OR id = $1'), [before.id]);
    expect(await fixture.read(before.id)).toEqual(before);
  });

  describe('by the owner', () => {
    const CANCELABLE: readonly ConversionStatus[] = ['PENDING', 'PROCESSING'];
    const RETRYABLE: readonly ConversionStatus[] = ['FAILED', 'CANCELED'];
    let sut: OwnedJobRepository;

    beforeAll(() => {
      sut = new OwnedJobRepository(fixture.database);
    });

    it.each(CONVERSION_STATUSES)('cancels a job that waits or runs, and no other: %s', async (status) => {
      const before = await aJobIn(status);
      const isCanceled = CANCELABLE.includes(status);
      expect(await sut.cancel(before)).toBe(isCanceled);
      const after = await fixture.read(before.id);
      if (!isCanceled) return expect(after).toEqual(before);
      expect(after.status).toBe('CANCELED');
      expectOwnColumns(before, after);
      expect(await events()).toMatchObject([{ payload: { job_id: before.id, status: 'CANCELED', error: null } }]);
    });

    it.each(CONVERSION_STATUSES)('retries a job that failed or was canceled, and no other: %s', async (status) => {
      const before = await aJobIn(status);
      const isRetried = RETRYABLE.includes(status);
      expect(await sut.retry(before, 5)).toBe(isRetried ? 'retried' : 'changed');
      const after = await fixture.read(before.id);
      if (!isRetried) return expect(after).toEqual(before);
      expect(after).toMatchObject({ status: 'PENDING', attempt: 1, maxAttempts: 6 });
      expectOwnColumns(before, after);
      expect(await events()).toEqual([]);
    });

    it('changes nothing of a job that changed since it was read, or belongs to another user', async () => {
      const [waiting, failed] = [await aJobIn('PENDING'), await aJobIn('FAILED')];
      const other = await fixture.aUser();
      for (const stale of [{ revision: waiting.revision + 1 }, { userId: other.id }]) {
        expect(await sut.cancel({ ...waiting, ...stale })).toBe(false);
        expect(await sut.retry({ ...failed, ...stale }, 5)).toBe('changed');
      }
      expect([await fixture.read(waiting.id), await fixture.read(failed.id)]).toEqual([waiting, failed]);
    });
  });
});

/** Checks the columns that must have certain values in the new status, whatever the move. */
function expectOwnColumns(before: ConversionJob, after: ConversionJob): void {
  if (after.status !== 'PROCESSING')
    expect(after).toMatchObject({ leaseToken: null, leaseOwner: null, leaseUntil: null });
  if (after.status === 'PENDING') {
    expect(after).toMatchObject({ dispatchedAt: null, progress: 0, startedAt: null, finishedAt: null, error: null });
    expect(after.dispatchAfter.getTime()).toBeGreaterThan(before.dispatchAfter.getTime());
  }
  if (isTerminal(after.status)) expect(after.finishedAt).toEqual(after.changedAt);
  // Only a claimed dispatch is evidence that the messages before it were delivered.
  const wasClaimed = before.status === 'PROCESSING' || after.status === 'PROCESSING';
  if (wasClaimed && after.status !== 'PENDING') expect(after.dispatchedAt).toEqual(before.dispatchedAt);
  else expect(after.dispatchedAt).toBeNull();
}

describe('the allowed moves', () => {
  it('are the ones of the table', () => {
    expect(ALLOWED).toHaveLength(Object.values(ALLOWED_MOVES).flat().length);
  });
});
