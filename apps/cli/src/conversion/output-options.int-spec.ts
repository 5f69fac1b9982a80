import { mkdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientUnderTest } from '../../test/client-under-test.js';
import { ServiceStub } from '../../test/service-stub.js';

let service: ServiceStub;
let client: ClientUnderTest;

beforeEach(async () => {
  service = await ServiceStub.start();
  client = await ClientUnderTest.create(service.url);
});
afterEach(async () => {
  await Promise.all([service.stop(), client.remove()]);
});

const expectMp3 = async (name: string): Promise<void> =>
  expect((await readFile(client.path(name))).equals(service.output)).toBe(true);

describe('--out', () => {
  it.each(['song.mp3', 'SONG.MP3', 'new/folder/song.mp3'])('%s is the name of the MP3 of one video', async (name) => {
    expect(await client.run([await client.video(), '--out', client.path(name)])).toMatchObject({ exitCode: 0 });
    await expectMp3(name);
  });

  it('is the name of the MP3 of one earlier upload', async () => {
    await client.run([await client.video()]);
    const [id = ''] = service.jobs.keys();
    expect(await client.run(['download', id, '--out', client.path('song.mp3')])).toMatchObject({ exitCode: 0 });
    await expectMp3('song.mp3');
  });

  it('with the name of an MP3 is rejected for several videos, before anything is done', async () => {
    const videos = [await client.video('a.mp4'), await client.video('b.mp4')];
    const { exitCode, errors } = await client.run([...videos, '--out', client.path('song.mp3')]);
    expect(exitCode).toBe(2);
    expect(errors).toContain('song.mp3 names one MP3, but there are 2 to write. Name a folder.');
    expect(service.requests).toEqual([]);
    expect(await client.files()).toEqual(['a.mp4', 'b.mp4']);
  });

  it('with the name of an MP3 is a folder if there is a folder with that name', async () => {
    await mkdir(client.path('songs.mp3'));
    expect(await client.run([await client.video(), '--out', client.path('songs.mp3')])).toMatchObject({ exitCode: 0 });
    await expectMp3('songs.mp3/video.mp3');
  });

  it('does not replace an MP3 without --force', async () => {
    const args = [await client.video(), '--out', client.path('song.mp3')];
    expect(await client.run(args)).toMatchObject({ exitCode: 0 });
    const again = await client.run(args);
    expect(again.exitCode).toBe(1);
    expect(again.output).toContain('(output_exists)');
    expect(await client.run([...args, '--force'])).toMatchObject({ exitCode: 0 });
  });
});
