import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { DomainError } from '@app/domain';
import { sourceKey } from '@app/storage';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiUnderTest } from '../../test/api-under-test.js';

const OUTPUT = randomBytes(300_000);
const SHA256 = createHash('sha256').update(OUTPUT).digest('hex');

describe('reading a conversion job', () => {
  let api: ApiUnderTest;
  let ada: { id: number; headers: { Authorization: string } };
  let doneId: string;

  beforeAll(async () => {
    api = await ApiUnderTest.start();
    ada = await api.signIn('ada');
    doneId = await aJob({ status: 'DONE', sourceFilename: 'Fête "1" 影片.mov' });
  });
  afterAll(() => api.stop());
  afterEach(() => vi.restoreAllMocks());

  async function aJob(job: { status: string; error?: string; sourceFilename?: string }): Promise<string> {
    const id = randomUUID();
    const isDone = job.status === 'DONE';
    const key = `output/${id}/1-${randomUUID()}.mp3`;
    if (isDone) await api.storage.write(key, Readable.from([OUTPUT]), { contentType: 'audio/mpeg' });
    await api.database.query(
      `INSERT INTO conversion_jobs (id, user_id, source_key, source_filename, source_size, source_format, max_attempts,
         status, error, output_key, output_size, output_sha256, duration_ms, encoding, progress, started_at, finished_at,
         lease_token)
       VALUES ($1, $2, $3, $4, 1000, 'mp4', 5, $5, $6, $7, $8, $9, $10, $11, $12, now(), $13, $14)`,
      [
        id,
        ada.id,
        sourceKey(id),
        job.sourceFilename ?? 'clip.mp4',
        job.status,
        job.error ?? null,
        isDone ? key : null,
        isDone ? OUTPUT.length : null,
        isDone ? SHA256 : null,
        isDone ? 12_345 : null,
        isDone ? 'copied' : null,
        isDone ? 100 : 0,
        isDone || job.error !== undefined ? new Date() : null,
        job.status === 'PROCESSING' ? randomUUID() : null,
      ],
    );
    return id;
  }

  function download(id: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
    return api.fetch(`/media/${id}/download`, { method, headers: { ...ada.headers, ...headers } });
  }

  async function body(response: Response): Promise<Buffer> {
    return Buffer.from(await response.arrayBuffer());
  }

  describe('status', () => {
    it('shows a finished job', async () => {
      const response = await api.fetch(`/media/${doneId.toUpperCase()}/status`, ada);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toEqual({
        id: doneId,
        status: 'DONE',
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        error: null,
        error_message: null,
        retryable: null,
        filename: 'Fête "1" 影片.mov',
        size: 1000,
        progress: 100,
        attempt: 0,
        duration: 12.345,
        output_size: OUTPUT.length,
        output_sha256: SHA256,
        encoding: 'copied',
        revision: 0,
        started_at: expect.stringMatching(/Z$/),
        finished_at: expect.stringMatching(/Z$/),
        links: { status: `/media/${doneId}/status`, download: `/media/${doneId}/download` },
      });
    });

    it('explains a failure', async () => {
      const id = await aJob({ status: 'FAILED', error: 'no_audio_stream' });
      expect(await (await api.fetch(`/media/${id}/status`, ada)).json()).toMatchObject({
        status: 'FAILED',
        error: 'no_audio_stream',
        error_message: expect.stringContaining('no audio'),
        retryable: false,
        links: { status: `/media/${id}/status` },
      });
    });
  });

  it.each(['status', 'download'])(
    '%s answers the same for an unknown job and for a job of another user',
    async (what) => {
      const { headers } = await api.signIn(`eve-${what}`);
      const [foreign, unknown] = await Promise.all(
        [doneId, randomUUID()].map(async (id) => {
          const response = await api.fetch(`/media/${id}/${what}`, { headers });
          const {
            request_id: _requestId,
            instance: _instance,
            ...problem
          } = (await response.json()) as Record<string, unknown>;
          return { status: response.status, problem };
        }),
      );
      expect(foreign).toEqual(unknown);
      expect(foreign).toMatchObject({ status: 404, problem: { code: 'not_found' } });
    },
  );

  it.each(['status', 'download'])('%s rejects an id that is not a UUID', async (what) => {
    const response = await api.fetch(`/media/1%27--/${what}`, ada);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'validation_failed', errors: [{ field: 'job_id' }] });
  });

  it.each(['status', 'download'])('%s requires an access token', async (what) => {
    expect((await api.fetch(`/media/${doneId}/${what}`)).status).toBe(401);
  });

  it('download sends the whole output and names it after its source', async () => {
    const response = await download(doneId);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': String(OUTPUT.length),
      'accept-ranges': 'bytes',
      etag: `"${SHA256}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
      'content-disposition': `attachment; filename="F?te '1' ??.mp3"; filename*=UTF-8''F%C3%AAte%20%221%22%20%E5%BD%B1%E7%89%87.mp3`,
    });
    expect((await body(response)).equals(OUTPUT)).toBe(true);
  });

  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=299990-', 299_990, 299_999],
    ['bytes=-10', 299_990, 299_999],
    ['bytes=-999999', 0, 299_999],
    ['bytes=299999-999999', 299_999, 299_999],
  ])('download sends the range %s', async (range, start, end) => {
    const response = await download(doneId, { Range: range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${OUTPUT.length}`);
    expect(response.headers.get('content-length')).toBe(String(end - start + 1));
    expect((await body(response)).equals(OUTPUT.subarray(start, end + 1))).toBe(true);
  });

  it.each(['bytes=300000-', 'bytes=-0'])('download rejects the range %s', async (range) => {
    const response = await download(doneId, { Range: range });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe(`bytes */${OUTPUT.length}`);
    expect(await response.json()).toMatchObject({ code: 'range_not_satisfiable' });
  });

  it('download sends the whole output for several ranges, a malformed range, and a range of an older version', async () => {
    const requests: Record<string, string>[] = [
      { Range: 'bytes=0-1,5-6' },
      { Range: 'bytes=9-1' },
      { Range: 'lines=0-1' },
      { Range: 'bytes=0-1', 'If-Range': '"older"' },
    ];
    for (const headers of requests) {
      const response = await download(doneId, headers);
      expect(response.status).toBe(200);
      expect((await body(response)).length).toBe(OUTPUT.length);
    }
    const current = await download(doneId, { Range: 'bytes=0-1', 'If-Range': `"${SHA256}"` });
    expect(current.status).toBe(206);
  });

  it('download answers 304 if the client has the output', async () => {
    const read = vi.spyOn(api.storage, 'read');
    const response = await download(doneId, { 'If-None-Match': `"x", W/"${SHA256}"` });
    expect(response.status).toBe(304);
    expect(response.headers.get('etag')).toBe(`"${SHA256}"`);
    expect(read).not.toHaveBeenCalled();
  });

  it('download answers HEAD without reading the output', async () => {
    const read = vi.spyOn(api.storage, 'read');
    const response = await download(doneId, { Range: 'bytes=0-1' }, 'HEAD');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(String(OUTPUT.length));
    expect(read).not.toHaveBeenCalled();
  });

  it.each([
    [{ status: 'PENDING' }, 'not_finished', '2'],
    [{ status: 'PROCESSING' }, 'not_finished', '2'],
    [{ status: 'FAILED', error: 'corrupt_source' }, 'job_failed', null],
  ])('download rejects a job that is %o', async (job, code, retryAfter) => {
    const response = await download(await aJob(job));
    expect(response.status).toBe(409);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(await response.json()).toMatchObject({ code });
  });

  it('download rejects a canceled job, which nothing produces yet', async () => {
    const id = await aJob({ status: 'CANCELED' });
    const response = await fetch(`${api.url}/media/${id}/download`, ada);
    expect(await response.json()).toMatchObject({ status: 409, code: 'job_canceled' });
  });

  it('download reports a missing output', async () => {
    const id = await aJob({ status: 'DONE' });
    for await (const { key } of api.storage.list(`output/${id}/`)) await api.storage.delete(key);
    const response = await download(id);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'output_not_found' });
  });

  it('download does not send an object that differs from its row', async () => {
    const id = await aJob({ status: 'DONE' });
    await api.database.query('UPDATE conversion_jobs SET output_size = output_size + 1 WHERE id = $1', [id]);
    expect((await download(id)).status).toBe(404);
  });

  describe('when storage fails during the transfer', () => {
    it.each([
      [
        'with an error',
        () => {
          async function* broken(): AsyncGenerator<Buffer> {
            yield OUTPUT.subarray(0, 1000);
            throw new Error('ECONNRESET');
          }
          return Readable.from(broken(), { objectMode: false });
        },
      ],
      ['by ending early', () => Readable.from([OUTPUT.subarray(0, 1000)])],
      ['by sending too much', () => Readable.from([Buffer.concat([OUTPUT, Buffer.alloc(10)])])],
    ])('%s, the client sees an aborted transfer', async (_name, stream) => {
      vi.spyOn(api.storage, 'read').mockResolvedValue(stream());
      api.logs.length = 0;
      await expect(download(doneId).then(body)).rejects.toThrow();
      await waitFor(() => api.logs.some(({ level, text }) => level === 'warn' && text.includes('storage_unavailable')));
    });
  });

  it('download answers 503 if storage is unavailable', async () => {
    vi.spyOn(api.storage, 'stat').mockRejectedValue(new DomainError('storage_unavailable'));
    const response = await download(doneId);
    expect(response.status).toBe(503);
    expect(response.headers.get('etag')).toBeNull();
    expect(await response.json()).toMatchObject({ code: 'storage_unavailable' });
  });

  it('a client that disconnects closes the stream from storage and is not logged as an error', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield OUTPUT.subarray(0, 1000);
    }
    const stream = Readable.from(endless(), { objectMode: false });
    vi.spyOn(api.storage, 'read').mockResolvedValue(stream);
    vi.spyOn(api.storage, 'stat').mockResolvedValue({ sizeBytes: 2 ** 40, etag: 'x', lastModified: new Date() });
    const id = await aJob({ status: 'DONE' });
    await api.database.query('UPDATE conversion_jobs SET output_size = $2 WHERE id = $1', [id, 2 ** 40]);
    api.logs.length = 0;
    httpRequest(`${api.url}/media/${id}/download`, ada, (response) =>
      response.once('data', () => response.destroy()),
    ).end();
    await waitFor(() => stream.destroyed, { what: 'the storage stream to be closed' });
    expect(api.complaints).toEqual([]);
  });
});
