import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DomainError } from '@app/domain';
import { ApiUnderTest, aForm, aVideo } from '../../test/api-under-test.js';

interface Job {
  readonly id: string;
  readonly status: string;
  readonly filename: string;
  readonly revision: number;
}

interface JobList {
  readonly items: readonly Job[];
  readonly next_cursor: string | null;
}

describe('managing jobs', () => {
  let api: ApiUnderTest;
  let ada: { id: number; headers: { Authorization: string } };
  let eve: { id: number; headers: { Authorization: string } };

  beforeAll(async () => {
    api = await ApiUnderTest.start();
    [ada, eve] = [await api.signIn('ada'), await api.signIn('eve')];
  });
  beforeEach(() => send('DELETE', '/media', { status: ['PENDING', 'PROCESSING', 'DONE', 'FAILED', 'CANCELED'] }));
  afterAll(() => api.stop());

  async function aJob(columns: Readonly<Record<string, unknown>> = {}, filename = 'clip.mp4'): Promise<string> {
    const { id } = (await (await api.upload(aForm(aVideo(), filename), ada.headers)).json()) as Job;
    for (const [name, value] of Object.entries(columns)) {
      await api.database.query(`UPDATE conversion_jobs SET ${name} = $2 WHERE id = $1`, [id, value]);
    }
    return id;
  }

  const failedJob = (): Promise<string> => aJob({ status: 'FAILED', error: 'unknown_error', finished_at: new Date() });

  async function aRunningJob(): Promise<string> {
    const id = await aJob();
    await api.database.query(
      `UPDATE conversion_jobs SET status = 'PROCESSING', lease_token = gen_random_uuid() WHERE id = $1`,
      [id],
    );
    return id;
  }

  function send(method: string, path: string, body?: unknown, user = ada): Promise<Response> {
    if (body === undefined) return api.fetch(path, { method, headers: user.headers });
    const headers = { ...user.headers, 'Content-Type': 'application/json' };
    return api.fetch(path, { method, headers, body: JSON.stringify(body) });
  }

  async function answer(method: string, path: string, body?: unknown, user = ada): Promise<[number, unknown]> {
    const response = await send(method, path, body, user);
    const text = await response.text();
    return [response.status, text === '' ? null : (JSON.parse(text) as unknown)];
  }

  const list = async (query = ''): Promise<JobList> => (await (await send('GET', `/media${query}`)).json()) as JobList;
  const idsOf = ({ items }: JobList): string[] => items.map(({ id }) => id);

  describe('GET /media', () => {
    it('lists the jobs of the user, newest first, page by page', async () => {
      const ids = [await aJob(), await aJob(), await aJob()].toReversed();
      const first = await list('?limit=2');
      expect(idsOf(first)).toEqual(ids.slice(0, 2));
      const second = await list(`?limit=2&cursor=${first.next_cursor ?? ''}`);
      expect([idsOf(second), second.next_cursor]).toEqual([ids.slice(2), null]);
      expect(await (await send('GET', '/media', undefined, eve)).json()).toEqual({ items: [], next_cursor: null });
    });

    it('filters by status and by the name of the video', async () => {
      const [waiting, failed] = [await aJob({}, 'Holiday 1.mp4'), await failedJob()];
      expect(idsOf(await list('?status=FAILED'))).toEqual([failed]);
      expect(idsOf(await list('?status=FAILED&status=PENDING'))).toEqual([failed, waiting]);
      expect(idsOf(await list('?q=HOLIDAY+1'))).toEqual([waiting]);
      expect(idsOf(await list('?q=HOLIDAY&status=FAILED'))).toEqual([]);
      expect(idsOf(await list('?q='))).toEqual([failed, waiting]);
    });

    it.each([
      ['limit', 'limit=0'],
      ['limit', 'limit=101'],
      ['limit', 'limit=1.5'],
      ['limit', 'limit=1&limit=2'],
      ['status', 'status=done'],
      ['status', 'status=DONE&status=DONE'],
      ['status', 'status='],
      ['cursor', 'cursor=next'],
      ['cursor', 'cursor='],
      ['cursor', 'cursor=a&cursor=b'],
      ['q', `q=${'x'.repeat(256)}`],
      ['q', 'q=a&q=b'],
      ['order', 'order=asc'],
    ])('rejects an invalid %s: %s', async (field, query) => {
      const [status, problem] = await answer('GET', `/media?${query}`);
      expect([status, problem]).toMatchObject([400, { code: 'validation_failed', errors: [{ field }] }]);
    });
  });

  describe('POST /media/{job_id}/cancel', () => {
    it.each(['waiting', 'running'])('cancels a %s job, and its lease is void', async (state) => {
      const id = await (state === 'waiting' ? aJob() : aRunningJob());
      expect(await answer('POST', `/media/${id}/cancel`)).toMatchObject([200, { id, status: 'CANCELED' }]);
      const { rows } = await api.database.query('SELECT lease_token FROM conversion_jobs WHERE id = $1', [id]);
      expect(rows).toEqual([{ lease_token: null }]);
      expect(await answer('POST', `/media/${id}/cancel`)).toMatchObject([200, { id, status: 'CANCELED' }]);
      expect(await answer('GET', `/media/${id}/download`)).toMatchObject([409, { code: 'job_canceled' }]);
    });

    it('cancels a job that its worker changes meanwhile', async () => {
      const id = await aRunningJob();
      const stop = new AbortController();
      const beats = (async () => {
        while (!stop.signal.aborted) {
          await api.database.query('UPDATE conversion_jobs SET revision = revision + 1 WHERE id = $1', [id]);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      expect(await answer('POST', `/media/${id}/cancel`)).toMatchObject([200, { status: 'CANCELED' }]);
      stop.abort();
      await beats;
    });

    it('rejects a job that has ended otherwise', async () => {
      expect(await answer('POST', `/media/${await failedJob()}/cancel`)).toMatchObject([
        409,
        { code: 'cancel_not_possible' },
      ]);
    });
  });

  describe('POST /media/{job_id}/retry', () => {
    it('puts a failed or canceled job back in line', async () => {
      const [failed, canceled] = [await failedJob(), await aJob()];
      await send('POST', `/media/${canceled}/cancel`);
      for (const id of [failed, canceled]) {
        expect(await answer('POST', `/media/${id}/retry`)).toMatchObject([202, { id, status: 'PENDING', error: null }]);
      }
    });

    it('rejects a job in another status, and one whose video has expired', async () => {
      const [waiting, failed] = [await aJob(), await failedJob()];
      expect(await answer('POST', `/media/${waiting}/retry`)).toMatchObject([409, { code: 'retry_not_possible' }]);
      await api.database.query('UPDATE sources SET expired_at = now() WHERE id = $1', [failed]);
      expect(await answer('POST', `/media/${failed}/retry`)).toMatchObject([410, { code: 'source_expired' }]);
    });
  });

  describe('POST /media/{job_id}/convert', () => {
    it('creates another job on the same video', async () => {
      const first = await failedJob();
      const response = await send('POST', `/media/${first}/convert`, { notify: 'none' });
      const job = (await response.json()) as Job;
      expect([response.status, response.headers.get('location')]).toEqual([202, `/media/${job.id}/status`]);
      expect(job).toMatchObject({ status: 'PENDING', filename: 'clip.mp4', revision: 0 });
      expect(job.id).not.toBe(first);
      expect(await answer('POST', `/media/${first}/convert`)).toMatchObject([202, { status: 'PENDING' }]);
      expect(await api.storedFiles()).toHaveLength(1);
    });

    it('rejects invalid options, and a video that has expired', async () => {
      const id = await aJob();
      expect(await answer('POST', `/media/${id}/convert`, { notify: 'fax' })).toMatchObject([400, { errors: [{}] }]);
      expect(await answer('POST', `/media/${id}/convert`, { bitrat: 1 })).toMatchObject([
        400,
        { errors: [{ field: 'bitrat' }] },
      ]);
      await api.database.query('UPDATE sources SET expired_at = now() WHERE id = $1', [id]);
      expect(await answer('POST', `/media/${id}/convert`)).toMatchObject([410, { code: 'source_expired' }]);
    });
  });

  describe('DELETE /media/{job_id}', () => {
    it('deletes the job, its MP3 and its video', async () => {
      const id = await aJob();
      const key = `output/${id}/1-${randomUUID()}.mp3`;
      await api.storage.write(key, Readable.from(['mp3']), { contentType: 'audio/mpeg' });
      await api.database.query(`UPDATE conversion_jobs SET status = 'DONE', output_key = $2 WHERE id = $1`, [id, key]);
      expect(await answer('DELETE', `/media/${id}`)).toEqual([204, null]);
      expect(await answer('GET', `/media/${id}/status`)).toMatchObject([404, { code: 'not_found' }]);
      expect(await answer('DELETE', `/media/${id}`)).toMatchObject([404, { code: 'not_found' }]);
      expect(await api.storedFiles()).toEqual([]);
    });

    it('keeps the video while another job uses it', async () => {
      const first = await aJob();
      const second = (await (await send('POST', `/media/${first}/convert`)).json()) as Job;
      await send('DELETE', `/media/${first}`);
      expect(await api.storedFiles()).toHaveLength(1);
      await send('DELETE', `/media/${second.id}`);
      expect(await api.storedFiles()).toEqual([]);
    });

    it('deletes the row before the objects, so that none is missing if the store fails', async () => {
      const id = await aJob();
      const deletion = vi.spyOn(api.storage, 'delete').mockImplementation(async () => {
        expect((await api.database.query('SELECT FROM conversion_jobs WHERE id = $1', [id])).rowCount).toBe(0);
        throw new DomainError('storage_unavailable');
      });
      expect(await answer('DELETE', `/media/${id}`)).toEqual([204, null]);
      expect(deletion).toHaveBeenCalledWith(`source/${id}`);
      deletion.mockRestore();
      await api.storage.delete(`source/${id}`);
    });

    it('does not take the place of routes with a name', async () => {
      const response = await send('DELETE', '/media/upload');
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    });
  });

  describe.each([
    ['POST', '/media/cancel'],
    ['DELETE', '/media'],
  ])('%s %s', (method, path) => {
    it('changes the jobs with the ids, and leaves out the others', async () => {
      const [one, two, other] = [await aJob(), await aJob(), await aJob()];
      const [status, changed] = await answer(method, path, { ids: [one, two.toUpperCase(), randomUUID(), one] });
      expect(status).toBe(200);
      expect((changed as { ids: string[] }).ids.toSorted()).toEqual([one, two].toSorted());
      expect(idsOf(await list('?status=PENDING'))).toEqual([other]);
    });

    it('changes the jobs with a status, a thousand at once', async () => {
      const { rows } = await api.database.query<{ id: string }>(
        `INSERT INTO conversion_jobs (id, user_id, source_key, source_filename, source_size, source_format, max_attempts)
         SELECT gen_random_uuid(), $1, 'source/many', 'clip.mp4', 1, 'mp4', 5 FROM generate_series(1, 1001) RETURNING id`,
        [ada.id],
      );
      const failed = await failedJob();
      const [, first] = (await answer(method, path, { status: ['PENDING'] })) as [number, { ids: string[] }];
      const [, second] = (await answer(method, path, { status: ['PENDING'] })) as [number, { ids: string[] }];
      expect([first, second]).toMatchObject([{ has_more: true }, { has_more: false }]);
      expect([first.ids.length, second.ids.length]).toEqual([1000, 1]);
      expect([...first.ids, ...second.ids].toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
      expect(idsOf(await list('?status=PENDING&status=FAILED'))).toEqual([failed]);
    });

    it('waits for a job that somebody has locked', async () => {
      const [locked, free] = [await aJob(), await aJob()];
      const client = await api.database.connect();
      await client.query('BEGIN');
      await client.query('SELECT FROM conversion_jobs WHERE id = $1 FOR UPDATE', [locked]);
      const changing = answer(method, path, { ids: [locked, free] });
      await vi.waitFor(async () => {
        expect(idsOf(await list('?status=PENDING'))).toEqual([locked]);
      }, 30_000);
      await client.query('COMMIT');
      client.release();
      const [status, changed] = (await changing) as [number, { ids: string[] }];
      expect([status, changed.ids.toSorted()]).toEqual([200, [locked, free].toSorted()]);
    });

    it('changes nothing of another user', async () => {
      const id = await aJob();
      expect(await answer(method, path, { ids: [id] }, eve)).toEqual([200, { ids: [], has_more: false }]);
      expect(await answer(method, path, { status: ['PENDING'] }, eve)).toEqual([200, { ids: [], has_more: false }]);
      expect(idsOf(await list('?status=PENDING'))).toEqual([id]);
    });

    it.each([
      ['no body', undefined],
      ['neither', {}],
      ['both', { ids: [randomUUID()], status: ['DONE'] }],
      ['an empty list', { ids: [] }],
      ['more than 1 000 ids', { ids: Array.from({ length: 1001 }, () => randomUUID()) }],
      ['other ids', { ids: ['1'] }],
      ['an id that is no list', { ids: randomUUID() }],
      ['other statuses', { status: ['GONE'] }],
      ['a status that is no list', { status: 'DONE' }],
      ['other fields', { ids: [randomUUID()], all: true }],
    ])('rejects %s', async (_what, body) => {
      expect(await answer(method, path, body)).toMatchObject([400, { code: 'validation_failed' }]);
    });
  });

  it.each([
    ['POST', 'cancel'],
    ['POST', 'retry'],
    ['POST', 'convert'],
    ['DELETE', ''],
  ])("answers 404 for another user's job: %s %s", async (method, action) => {
    const id = await failedJob();
    const path = action === '' ? `/media/${id}` : `/media/${id}/${action}`;
    expect(await answer(method, path, undefined, eve)).toMatchObject([404, { code: 'not_found' }]);
    expect(await answer(method, path.replace(id, 'x'))).toMatchObject([400, { errors: [{ field: 'job_id' }] }]);
    expect(idsOf(await list('?status=FAILED'))).toEqual([id]);
  });
});
