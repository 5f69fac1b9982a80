import { randomBytes, randomUUID } from 'node:crypto';
import { ObjectStorage } from '@app/storage';
import { testServices, waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aForm, ApiUnderTest, aVideo } from '../../test/api-under-test.js';
import { headLines, RawClient } from '../../test/raw-client.js';

const PART_HEAD = '--x\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n\r\n';

const { minio } = testServices();
if (minio === null) console.warn('SKIPPED: uploads into MinIO are not tested, because the minio program is missing');

describe.skipIf(minio === null)('uploads into MinIO', () => {
  let api: ApiUnderTest;
  let storage: ObjectStorage;
  let headers: { Authorization: string };

  beforeAll(async () => {
    api = await ApiUnderTest.start({
      variables: {
        STORAGE_DIRECTORY: undefined,
        STORAGE_ENDPOINT: minio?.endpoint,
        STORAGE_ACCESS_KEY: minio?.accessKey,
        STORAGE_SECRET_KEY: minio?.secretKey,
        STORAGE_BUCKET_NAME: `api-${randomUUID()}`,
        MAX_OPEN_UPLOADS_PER_USER: '3',
        MAX_OPEN_UPLOADS: '5',
      },
    });
    storage = api.app.get(ObjectStorage);
    await storage.prepare();
    ({ headers } = await api.signIn('ada'));
  });
  afterAll(async () => {
    for (const key of await storedKeys()) await storage.delete(key);
    await api.stop();
  });

  async function storedKeys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of storage.list('')) keys.push(key);
    return keys;
  }

  async function beginUpload(authorization: string, ...more: string[]): Promise<RawClient> {
    const client = await RawClient.connect(api.port);
    client.send(
      headLines(
        'POST /media/upload HTTP/1.1',
        'Host: api',
        'Content-Type: multipart/form-data; boundary=x',
        `Authorization: ${authorization}`,
        'Content-Length: 40000000',
        ...more,
      ),
    );
    return client;
  }

  /** Starts an upload and waits until the API responds to its headers with this status. */
  async function openUpload(authorization: string, status = 100): Promise<RawClient> {
    const client = await beginUpload(authorization, 'Expect: 100-continue');
    await waitFor(() => client.received !== '', { what: 'the first response to an upload' });
    expect(client.received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    return client;
  }

  it('are stored completely', async () => {
    const video = Buffer.concat([aVideo(), randomBytes(20_000_000)]);
    const response = await api.upload(aForm(video), headers);
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    const stored: Buffer[] = [];
    for await (const chunk of await storage.read(`source/${id}`)) stored.push(chunk as Buffer);
    expect(Buffer.concat(stored).equals(video)).toBe(true);
  });

  it('leave nothing in storage when the client disconnects', async () => {
    const before = await storedKeys();
    const client = await beginUpload(headers.Authorization);
    client.send(PART_HEAD);
    client.send(aVideo(20_000_000));
    await waitFor(() => client.isFlushed, { what: 'the first half to be sent' });
    client.leave();
    await waitFor(() => api.logs.some(({ text }) => text.includes('upload_aborted')), { what: 'the log line' });
    await waitFor(async () => (await storage.removeIncompleteUploads(new Date(Date.now() + 60_000))) === 0);
    expect(await storedKeys()).toEqual(before);
    expect(api.complaints).toEqual([]);
  });

  it('are limited per user and in total, before the body is sent', async () => {
    const bob = await api.signIn('bob');
    const eve = await api.signIn('eve');
    const open = [];
    for (let i = 0; i < 3; i += 1) open.push(await openUpload(headers.Authorization));
    const overOwnLimit = await openUpload(headers.Authorization, 429);
    expect(await overOwnLimit.closed).toMatch(/^HTTP\/1.1 429 [^]*Retry-After: 5\r\n[^]*"code":"too_many_uploads"/);

    for (let i = 0; i < 2; i += 1) open.push(await openUpload(bob.headers.Authorization));
    const overTotal = await openUpload(eve.headers.Authorization, 503);
    expect(await overTotal.closed).toMatch(/^HTTP\/1.1 503 [^]*Retry-After: 2\r\n[^]*"code":"too_busy"/);

    for (const client of open) client.leave();
    const isAccepted = async (): Promise<boolean> => (await api.upload(aForm(), eve.headers)).status === 202;
    await waitFor(isAccepted, { what: 'a new upload after another has ended' });
  });
});
