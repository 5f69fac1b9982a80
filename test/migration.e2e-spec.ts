import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareAudio, createTestDatabase, makeClip, type TestDatabase } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EarlierClient } from './support/earlier-client.js';
import { tableRows } from './support/markdown-table.js';
import { ServiceUnderTest } from './support/service-under-test.js';

const DOCUMENT = join(import.meta.dirname, '../docs/migration.md');

describe('a client of the FastAPI service', () => {
  let database: TestDatabase;
  let service: ServiceUnderTest;
  let sut: EarlierClient;
  let clip: string;
  let mute: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await ServiceUnderTest.start({
      databaseUrl: database.url.replace(/^\w+:/, 'postgresql+psycopg:'),
      env: { ENV: 'development', DEBUG: 'true', LOG_LEVEL: 'INFO', SECRET_KEY: 'change-me', ALGORITHM: 'HS256' },
    });
    sut = new EarlierClient(service.baseUrl);
    [clip, mute] = await Promise.all([makeClip(), makeClip({ codec: 'none' })]);
  });
  afterAll(async () => {
    await service?.stop();
    await database.drop();
  });

  it('registers, signs in, uploads, waits and downloads as before', async () => {
    const registered = await sut.register();
    expect([registered.ok, await registered.json()]).toMatchObject([true, { username: sut.account.username }]);

    const login = await sut.login();
    const token = (await login.json()) as { access_token: string; token_type: string };
    expect([login.status, token.token_type]).toEqual([200, 'bearer']);
    sut.token = token.access_token;

    const uploaded = await sut.upload(clip);
    const job = (await uploaded.json()) as { id: string };
    expect([uploaded.ok, job]).toMatchObject([true, { status: 'PENDING', error: null }]);

    const ended = await sut.ended(job.id);
    expect(ended).toMatchObject({ id: job.id, status: 'DONE', error: null });
    expect(Date.parse(ended.created_at)).toBeGreaterThan(0);

    const download = await sut.download(job.id);
    expect([download.status, download.headers.get('content-type')]).toEqual([200, 'audio/mpeg']);
    const path = join(service.folder, 'clip.mp3');
    await writeFile(path, Buffer.from(await download.arrayBuffer()));
    const sound = await compareAudio(clip, path);
    expect(Math.abs(sound.durationDifferenceSeconds)).toBeLessThanOrEqual(0.1);
    expect(sound.correlation).toBeGreaterThan(0.9);
  });

  it('gets failures as before', async () => {
    const ended = await sut.ended((await sut.uploaded(mute)).id);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'no_audio_stream' });
    const download = await sut.download(ended.id);
    expect([download.ok, await download.json()]).toMatchObject([false, { detail: expect.stringMatching(/\w+\./) }]);
  });

  it.each([
    ['in UTF-8', 'filename="Übung 🎬.mp4"'],
    ['in the notation of RFC 5987', "filename*=utf-8''%C3%9Cbung%20%F0%9F%8E%AC.mp4"],
  ])('can name its file %s', async (_how, disposition) => {
    const { id } = await sut.uploaded(clip, disposition);
    expect(await sut.status(id)).toMatchObject({ filename: 'Übung 🎬.mp4' });
    await sut.ended(id);
    expect((await sut.download(id)).headers.get('content-disposition')).toContain('%C3%9Cbung%20%F0%9F%8E%AC.mp3');
  });

  it('gets the changes that docs/migration.md lists', async () => {
    const fresh = (): object => ({ ...new EarlierClient(service.baseUrl).account });
    const cases: Record<string, () => Promise<Response>> = {
      'an account is created': () => sut.register(fresh()),
      'an upload is accepted': () => sut.upload(clip),
      'the username is taken': () => sut.register(),
      'a field is missing or invalid': () => sut.register({ username: 'somebody' }),
      'a password has fewer than 8 characters or more than 72 bytes': () =>
        sut.register({ ...fresh(), password: '1234567' }),
      'a field is unknown': () => sut.register({ ...fresh(), is_admin: true }),
      'the file is not a supported video, detected from its content': () => sut.upload(DOCUMENT),
      'the MP3 of a failed conversion is requested': async () =>
        sut.download((await sut.ended((await sut.uploaded(mute)).id)).id),
      'the MP3 is requested too early': async () => {
        for (const worker of service.workers) await worker.stop();
        const response = await sut.download((await sut.uploaded(clip)).id);
        service.startWorker();
        return response;
      },
    };
    const rows = tableRows(await readFile(DOCUMENT, 'utf8'), 'case');
    expect(rows.map(([name = '']) => name).toSorted()).toEqual(Object.keys(cases).toSorted());
    for (const [name, send] of Object.entries(cases)) {
      const [, now = ''] = rows.find(([of]) => of === name) ?? [];
      const [, code] = /`(\w+)`/.exec(now) ?? [];
      const response = await send();
      const status = Number.parseInt(now, 10);
      expect([name, response.status, await response.json()]).toMatchObject([
        name,
        status,
        code === undefined ? {} : { code },
      ]);
    }
  });
});
