import { randomUUID } from 'node:crypto';
import type { ConversionStatus } from '@app/domain';
import { DatabaseFixture, ExplainingDatabase, sql, type StatementPlan } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../users/user.entity.js';
import { JobListRepository, type JobListQuery, type JobPage } from './job-list.repository.js';
import { MOST_ROWS_SEARCHED } from './list-statement.js';

const ago = (seconds: number): { sql: string } => sql(`now() - interval '${seconds} seconds'`);
const idsOf = ({ jobs }: JobPage): string[] => jobs.map(({ id }) => id);

describe('JobListRepository', () => {
  let fixture: DatabaseFixture;
  let sut: JobListRepository;
  let alice: User;
  let bob: User;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new JobListRepository(fixture.database);
    [alice, bob] = [await fixture.aUser(), await fixture.aUser()];
  });
  beforeEach(() => fixture.database.rows('DELETE FROM conversion_jobs'));
  afterAll(() => fixture.remove());

  const list = (query: Partial<JobListQuery> = {}): Promise<JobPage> =>
    sut.list({ userId: alice.id, statuses: [], text: null, limit: 100, after: null, ...query });

  /** All pages, and how many there are. */
  async function walk(query: Partial<JobListQuery>): Promise<{ ids: string[]; pages: number }> {
    const ids: string[] = [];
    let pages = 0;
    let after: JobListQuery['after'] = null;
    do {
      const page: JobPage = await list({ ...query, after });
      ids.push(...idsOf(page));
      after = page.next;
      pages += 1;
    } while (after !== null);
    return { ids, pages };
  }

  const aJob = (age: number, columns: Record<string, unknown> = {}, user = alice): Promise<string> =>
    fixture.aJob(user, { created_at: ago(age), ...columns });

  it("lists the owner's jobs, newest first", async () => {
    const [middle, newest, oldest] = [await aJob(20), await aJob(10), await aJob(30)];
    await aJob(15, {}, bob);
    expect(await list()).toMatchObject({ jobs: [{ id: newest }, { id: middle }, { id: oldest }], next: null });
  });

  it('shows each job once, page by page, although many were created in the same microsecond', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) ids.push(await fixture.aJob(alice, { created_at: '2026-01-01T00:00:00.123456Z' }));
    for (let n = 0; n < 7; n += 1) {
      ids.push(await fixture.aJob(alice, { created_at: `2026-01-01T00:00:00.12345${n}Z` }));
    }
    const walked = await walk({ limit: 3 });
    expect(walked.pages).toBe(5);
    expect(walked.ids.toSorted()).toEqual(ids.toSorted());
  });

  it('has no next page if the last one is full', async () => {
    await aJob(1);
    await aJob(2);
    expect((await list({ limit: 2 })).next).toBeNull();
  });

  it('is not disturbed by jobs that are added or deleted meanwhile', async () => {
    const [newest, middle, oldest] = [await aJob(10), await aJob(20), await aJob(30)];
    const first = await list({ limit: 2 });
    await aJob(5);
    await fixture.database.rows('DELETE FROM conversion_jobs WHERE id = $1', [middle]);
    expect([idsOf(first), idsOf(await list({ limit: 2, after: first.next }))]).toEqual([[newest, middle], [oldest]]);
  });

  it.each<[ConversionStatus[], number[]]>([
    [['DONE'], [1, 3]],
    [
      ['DONE', 'FAILED'],
      [1, 2, 3],
    ],
    [['CANCELED'], []],
    [[], [0, 1, 2, 3]],
  ])('filters by status: %j', async (statuses, expected) => {
    const ids: string[] = [];
    for (const [age, status] of ['PENDING', 'DONE', 'FAILED', 'DONE'].entries()) ids.push(await aJob(age, { status }));
    const wanted = expected.map((index) => ids[index]);
    expect(idsOf(await list({ statuses }))).toEqual(wanted);
    expect((await walk({ statuses, limit: 1 })).ids).toEqual(wanted);
    expect((await walk({ statuses, text: 'clip', limit: 1 })).ids).toEqual(wanted);
    expect(await sut.newestIds(alice.id, statuses, 2)).toEqual(wanted.slice(0, 2));
  });

  it.each([
    ['part of a name', 'liday', ['Holiday.mp4', 'holiday 2.mov']],
    ['upper and lower case alike', 'HOLIDAY', ['Holiday.mp4', 'holiday 2.mov']],
    ['other alphabets', 'übung', ['ÜBUNG.mp4']],
    ['characters that are patterns elsewhere', '100%', ['100%_a\\b.mp4']],
    ['nothing that would match as a pattern', 'a_b', []],
    ['a backslash', '\\b', ['100%_a\\b.mp4']],
    ['quotes', `'"`, []],
  ])('finds %s', async (_what, text, names) => {
    const all = ['Holiday.mp4', 'holiday 2.mov', 'ÜBUNG.mp4', '100%_a\\b.mp4'];
    for (const [age, name] of all.entries()) await aJob(age, { source_filename: name });
    expect((await list({ text })).jobs.map(({ sourceFilename }) => sourceFilename)).toEqual(names);
  });
});

describe('JobListRepository with 100 000 jobs of one user', () => {
  const MANY = 100_000;
  const BATCH = 5_000;
  /** The page itself is read by id. */
  const PAGE = 101;
  let fixture: DatabaseFixture;
  let database: ExplainingDatabase;
  let sut: JobListRepository;
  let userId: number;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    userId = (await fixture.aUser()).id;
    const source = await fixture.read(await fixture.aJob({ id: userId }));
    await fixture.database.rows('DELETE FROM conversion_jobs');
    // The statistics say that every job has the most frequent status.
    await fixture.database.rows('ALTER TABLE conversion_jobs SET (autovacuum_enabled = false)');
    for (let from = 1; from < MANY; from += BATCH) {
      if (from === BATCH + 1) await fixture.database.rows('ANALYZE conversion_jobs');
      await fixture.database.rows(
        `INSERT INTO conversion_jobs (id, user_id, source_id, source_key, source_filename, source_size, source_format,
           max_attempts, created_at, status)
         SELECT gen_random_uuid(), $1, $2, 'source/x', 'clip ' || n || '.mp4', 1, 'mp4', 5, timestamptz '2026-01-01 UTC' - n * interval '1 s',
           CASE WHEN n % 1000 = 0 AND n > ${BATCH} THEN 'FAILED' WHEN n = 99999 THEN 'CANCELED' ELSE 'DONE' END
         FROM generate_series($3::int, $4::int) AS n`,
        [userId, source.sourceId, from, from + BATCH - 1],
      );
    }
    await fixture.database.rows('VACUUM conversion_jobs');
    database = new ExplainingDatabase(fixture.env);
    sut = new JobListRepository(database);
  });
  afterAll(async () => {
    await database.onApplicationShutdown();
    await fixture.remove();
  });

  async function planOf(query: Partial<JobListQuery>): Promise<{ page: JobPage; plan: StatementPlan }> {
    database.plans.length = 0;
    const page = await sut.list({ userId, statuses: [], text: null, limit: 100, after: null, ...query });
    const [plan, ...more] = database.plans;
    if (plan === undefined || more.length > 0) throw new Error('One statement was expected');
    expect(plan.sequentialScans).toEqual([]);
    return { page, plan };
  }

  /** A place in the middle of the list. */
  const middle = async (): Promise<JobListQuery['after']> => {
    const [row] = await fixture.database.rows<{ micros: string; id: string }>(
      `SELECT (extract(epoch FROM created_at) * 1000000)::bigint::text AS micros, id FROM conversion_jobs
       ORDER BY created_at DESC OFFSET 50000 LIMIT 1`,
    );
    return row === undefined ? null : { createdAtMicros: row.micros, id: row.id };
  };

  it.each<[string, ConversionStatus[], string]>([
    ['all jobs', [], 'conversion_jobs_owner_idx'],
    ['those with a frequent status', ['DONE'], 'conversion_jobs_owner_status_idx'],
    ['those with a rare status', ['CANCELED'], 'conversion_jobs_owner_status_idx'],
    ['those with no jobs', ['PENDING'], 'conversion_jobs_owner_status_idx'],
    ['those with one of several statuses', ['DONE', 'FAILED', 'PENDING'], 'conversion_jobs_owner_status_idx'],
  ])('reads little more than a page of %s', async (_what, statuses, index) => {
    for (const after of [null, await middle()]) {
      const { plan } = await planOf({ statuses, after });
      expect(plan.indexes).toEqual([index]);
      // Each status has a page of its own, the page is read from the merged ones, and there is the list of statuses.
      expect(plan.rowsRead).toBeLessThanOrEqual((statuses.length + 1) * PAGE);
    }
  });

  it('searches no further than it has to', async () => {
    const { page, plan } = await planOf({ text: 'clip' });
    expect(page.jobs).toHaveLength(100);
    expect(plan.rowsRead).toBeLessThanOrEqual(3 * PAGE);
  });

  it.each<[string, ConversionStatus[], string]>([
    ['all jobs', [], 'conversion_jobs_owner_idx'],
    ['those with one status', ['DONE'], 'conversion_jobs_owner_status_idx'],
    ['those with one of several statuses', ['FAILED', 'CANCELED'], 'conversion_jobs_owner_idx'],
  ])('reads 10 000 rows at most in one search of %s', async (_what, statuses, index) => {
    const { page, plan } = await planOf({ text: 'nothing like it', statuses });
    expect(page.jobs).toEqual([]);
    expect(page.next).not.toBeNull();
    expect(plan.indexes).toEqual([index, 'conversion_jobs_pkey'].toSorted());
    // The search, what it found, and the last row that it read.
    expect(plan.rowsRead).toBeLessThanOrEqual(MOST_ROWS_SEARCHED + PAGE);
  });

  it.each<[ConversionStatus[], number]>([
    [[], 11],
    [['DONE', 'CANCELED'], 11],
  ])('finds the oldest job of all with the cursors of empty pages, statuses %j', async (statuses, mostPages) => {
    let after: JobListQuery['after'] = null;
    const found: string[] = [];
    let pages = 0;
    do {
      const page: JobPage = (await planOf({ text: 'CLIP 99999', statuses, after })).page;
      found.push(...page.jobs.map(({ sourceFilename }) => sourceFilename));
      after = page.next;
      pages += 1;
    } while (after !== null);
    expect(found).toEqual(['clip 99999.mp4']);
    expect(pages).toBeLessThanOrEqual(mostPages);
  });

  it('searches on from where a full page ended', async () => {
    const first = await planOf({ text: '000.mp4', limit: 5 });
    const second = await planOf({ text: '000.mp4', limit: 5, after: first.page.next });
    const names = [...first.page.jobs, ...second.page.jobs].map(({ sourceFilename }) => sourceFilename);
    expect(names).toEqual(Array.from({ length: 10 }, (_, index) => `clip ${index + 1}000.mp4`));
  });

  it('goes on after a place that is no longer there', async () => {
    const after = await middle();
    const { page } = await planOf({ after: after && { ...after, id: randomUUID() } });
    expect(page.jobs).toHaveLength(100);
  });
});
