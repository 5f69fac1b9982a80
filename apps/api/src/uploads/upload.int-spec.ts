import { createHash, randomBytes } from 'node:crypto';
import { DomainError } from '@app/domain';
import { IntakeRepository, databaseUnavailable } from '@app/database';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { aForm, ApiUnderTest, aVideo } from '../../test/api-under-test.js';

const MAX_UPLOAD_BYTES = 5_000_000;

describe('POST /media/upload', () => {
  let api: ApiUnderTest;
  let headers: { Authorization: string };

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) } });
    ({ headers } = await api.signIn('ada'));
  });
  afterAll(() => api.stop());
  afterEach(() => vi.restoreAllMocks());

  async function problemOf(response: Response): Promise<{ status: number; code: string; detail: string }> {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    return { status: response.status, code, detail };
  }

  it('stores the whole source, commits the job and answers 202 with the job', async () => {
    const video = Buffer.concat([aVideo(), randomBytes(3_000_000)]);
    const response = await api.upload(aForm(video, 'Fête 影片 🎬.mp4'), { ...headers, 'x-request-id': 'upload-1' });

    expect(response.status).toBe(202);
    const job = (await response.json()) as Record<string, unknown> & { id: string };
    expect(job).toMatchObject({
      status: 'PENDING',
      error: null,
      filename: 'Fête 影片 🎬.mp4',
      size: video.length,
      progress: 0,
      attempt: 0,
      links: { status: `/media/${job.id}/status` },
    });
    expect(response.headers.get('location')).toBe(`/media/${job.id}/status`);
    const stored = createHash('sha256');
    for await (const chunk of await api.storage.read(`source/${job.id}`)) stored.update(chunk as Buffer);
    expect(stored.digest('hex')).toBe(createHash('sha256').update(video).digest('hex'));
    const { rows } = await api.database.query(
      'SELECT status, source_size, source_format, request_id, max_attempts FROM conversion_jobs WHERE id = $1',
      [job.id],
    );
    expect(rows).toEqual([
      {
        status: 'PENDING',
        source_size: String(video.length),
        source_format: 'mp4',
        request_id: 'upload-1',
        max_attempts: 5,
      },
    ]);
    const status = await api.fetch(`/media/${job.id}/status`, { headers });
    expect(await status.json()).toEqual(job);
  });

  it.each([
    ['../../etc/passwd.mp4', 'passwd.mp4'],
    ['C:\\videos\\evil.mp4', 'evil.mp4'],
    ['a"b%0d%0aSet-Cookie: x=1.mp4', 'a"bSet-Cookie: x=1.mp4'],
  ])('shows the file name %s as %s', async (sent, shown) => {
    const response = await api.upload(aForm(aVideo(), sent), headers);
    expect(await response.json()).toMatchObject({ filename: shown });
  });

  describe('rejects, and stores nothing of,', () => {
    let jobsBefore: number;
    let filesBefore: string[];
    beforeAll(async () => {
      jobsBefore = await api.jobCount();
      filesBefore = await api.storedFiles();
    });
    afterEach(async () => {
      await waitFor(async () => (await api.storedFiles()).length === filesBefore.length, { what: 'no more objects' });
      expect(await api.jobCount()).toBe(jobsBefore);
    });

    it('an upload without an access token', async () => {
      const response = await api.upload(aForm(), {});
      expect(await problemOf(response)).toMatchObject({ status: 401, code: 'unauthorized' });
    });

    it('a body that is not a form', async () => {
      const response = await api.postJson('/media/upload', { file: 'clip.mp4' }, headers);
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'file_missing' });
    });

    it('no body at all', async () => {
      const response = await api.fetch('/media/upload', { method: 'POST', headers });
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'file_missing' });
    });

    it('another multipart type', async () => {
      const response = await api.upload('--x--', { ...headers, 'Content-Type': 'multipart/mixed; boundary=x' });
      expect(await problemOf(response)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    });

    it.each([
      ['no boundary', 'multipart/form-data', 'anything'],
      ['a boundary that differs from the body', 'multipart/form-data; boundary=y', '--x\r\n\r\n--x--'],
      [
        'a missing end',
        'multipart/form-data; boundary=x',
        `--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n${aVideo(90_000).toString('latin1')}`,
      ],
      ['a missing end before any part', 'multipart/form-data; boundary=x', '--x\r\n'],
      ['a malformed part header', 'multipart/form-data; boundary=x', '--x\r\nbad\0header\r\n\r\nv\r\n--x--'],
    ])('a form with %s', async (_name, type, body) => {
      const response = await api.upload(body, { ...headers, 'Content-Type': type });
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'malformed_request' });
    });

    it('a form without a file', async () => {
      const response = await api.upload('--x--\r\n', { ...headers, 'Content-Type': 'multipart/form-data; boundary=x' });
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'file_missing' });
    });

    it('a file without a name', async () => {
      const body =
        '--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n' +
        `Content-Type: video/mp4\r\n\r\n${aVideo().toString('latin1')}\r\n--x--\r\n`;
      const response = await api.upload(body, { ...headers, 'Content-Type': 'multipart/form-data; boundary=x' });
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'file_missing' });
    });

    it('a file in another field', async () => {
      const response = await api.upload(aForm(aVideo(), 'clip.mp4', 'video'), headers);
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'validation_failed' });
    });

    it('two files', async () => {
      const form = aForm();
      form.append('file', new Blob([new Uint8Array(aVideo(200_000))]), 'second.mp4');
      expect(await problemOf(await api.upload(form, headers))).toMatchObject({
        status: 400,
        code: 'validation_failed',
      });
    });

    it.each([
      ['before', true],
      ['after', false],
    ])('an unknown field %s the file', async (_name, isFirst) => {
      const form = new FormData();
      if (isFirst) form.append('isAdmin', 'true');
      form.append('file', new Blob([new Uint8Array(aVideo())]), 'clip.mp4');
      if (!isFirst) form.append('isAdmin', 'true');
      const response = await api.upload(form, headers);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'validation_failed', errors: [{ field: 'isAdmin' }] });
    });

    it('two thousand fields', async () => {
      const form = new FormData();
      for (let i = 0; i < 2000; i++) form.append(`f${i}`, 'x');
      expect(await problemOf(await api.upload(form, headers))).toMatchObject({
        status: 400,
        code: 'malformed_request',
      });
    });

    it('an empty file', async () => {
      const response = await api.upload(aForm(Buffer.alloc(0)), headers);
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'empty_file' });
    });

    it.each([
      ['a picture', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(2_000_000)])],
      ['one byte', Buffer.from('x')],
      ['a HEIC picture', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
    ])('%s named clip.mp4', async (_name, content) => {
      const write = vi.spyOn(api.storage, 'write');
      expect(await problemOf(await api.upload(aForm(content), headers))).toMatchObject({
        status: 415,
        code: 'unsupported_media_type',
      });
      expect(write).not.toHaveBeenCalled();
    });

    it('a file that is larger than allowed, by its Content-Length', async () => {
      const write = vi.spyOn(api.storage, 'write');
      const response = await api.upload(aForm(aVideo(MAX_UPLOAD_BYTES * 2)), headers);
      expect(await problemOf(response)).toMatchObject({ status: 413, code: 'payload_too_large' });
      expect(write).not.toHaveBeenCalled();
    });

    it('a file that is one byte larger than allowed', async () => {
      const response = await api.upload(aForm(aVideo(MAX_UPLOAD_BYTES + 1)), headers);
      expect(await problemOf(response)).toMatchObject({ status: 413, code: 'payload_too_large' });
    });

    it('an upload while storage is down', async () => {
      vi.spyOn(api.storage, 'check').mockRejectedValue(new Error('down'));
      const write = vi.spyOn(api.storage, 'write');
      const response = await api.upload(aForm(), headers);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await problemOf(response)).toMatchObject({ status: 503, code: 'storage_unavailable' });
      expect(write).not.toHaveBeenCalled();
    });

    it('an upload that storage fails to write', async () => {
      vi.spyOn(api.storage, 'write').mockImplementation(async (_key, body) => {
        for await (const _chunk of body) break;
        throw new DomainError('storage_unavailable');
      });
      const response = await api.upload(aForm(aVideo(3_000_000)), headers);
      expect(await problemOf(response)).toMatchObject({ status: 503, code: 'storage_unavailable' });
    });

    it('a source whose job the database rejects', async () => {
      await api.database.query('ALTER TABLE conversion_jobs ADD CONSTRAINT never CHECK (source_size < 0) NOT VALID');
      try {
        expect(await problemOf(await api.upload(aForm(), headers))).toMatchObject({
          status: 500,
          code: 'internal_error',
        });
      } finally {
        await api.database.query('ALTER TABLE conversion_jobs DROP CONSTRAINT never');
      }
    });
  });

  it('keeps the source of a job if the answer to its commit was lost', async () => {
    const filesBefore = await api.storedFiles();
    const jobs = api.app.get(IntakeRepository, { strict: false });
    const create = jobs.create.bind(jobs);
    vi.spyOn(jobs, 'create').mockImplementation(async (job) => {
      await create(job);
      throw databaseUnavailable(new Error('Connection terminated unexpectedly'));
    });

    const response = await api.upload(aForm(), headers);

    expect(await problemOf(response)).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect((await api.storedFiles()).length).toBe(filesBefore.length + 1);
  });
});
