import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { compareAudio, makeClip, waitFor } from '@app/testing';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { CLIENT_PROGRAM } from '../scripts/client/client-bundle.mjs';
import { ClientProcess } from './support/client-process.js';
import { PackedClient } from './support/packed-client.js';
import { expectTypedLibrary } from './support/typed-library.js';
import { runScript, type ScriptEnd } from './support/run-script.js';
import { ClientScene, SLOW_BYTES_PER_SECOND } from './support/client-scene.js';

describe('the command-line client', () => {
  let scene: ClientScene;

  beforeAll(async () => {
    scene = await ClientScene.start();
  });
  afterAll(() => scene?.stop());
  beforeEach(() => scene.beginTest());
  afterEach(() => scene.endTest());

  const video = (name: string): Promise<string> => scene.video(name);

  it('converts several files in parallel, and reports which one failed and why', async () => {
    const names = await Promise.all(['a b.mp4', 'кино 🎬.mkv', '-dash.mov'].map(video));
    await copyFile(await makeClip({ codec: 'none' }), scene.machine.path('mute.mp4'));
    const { exitCode, output, errors } = await scene.machine.run('--', ...names, 'mute.mp4');
    expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: '' });
    expect(output).toContain('✗ mute.mp4: The file has no audio track. Upload a video that has one. (no_audio_stream)');
    expect(output).toContain('✓ кино 🎬.mkv → кино 🎬.mp3');
    expect(output).toContain('3 of 4 converted.');
    // oxlint-disable-next-line no-control-regex -- that there is none is the point
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(await scene.machine.files()).toEqual(
      ['-dash.mp3', 'a b.mp3', 'кино 🎬.mp3', ...names, 'mute.mp4'].toSorted(),
    );
    const sound = await compareAudio(scene.clip, scene.machine.path('-dash.mp3'));
    expect(sound.weakestSecond).toBeGreaterThan(0.9);
  });

  it('writes one line of JSON for each file, and nothing else', async () => {
    const [done, failed] = await scene.machine.results(await video('a.mp4'), 'gone.mp4', '--out', 'new/folder');
    const results = [done, failed].toSorted((a, b) => String(a?.['source']).localeCompare(String(b?.['source'])));
    expect(results).toEqual([
      {
        source: 'a.mp4',
        output: 'new/folder/a.mp3',
        status: 'DONE',
        job_id: expect.stringMatching(/^[\da-f-]{36}$/),
        duration: expect.closeTo(8, 0),
        output_size: (await stat(scene.machine.path('new/folder/a.mp3'))).size,
        output_sha256: expect.stringMatching(/^[\da-f]{64}$/),
        error: null,
        message: null,
        exitCode: 1,
      },
      expect.objectContaining({ source: 'gone.mp4', status: 'FAILED', error: 'file_not_found', job_id: null }),
    ]);
  });

  it('replaces an MP3 with --force only, and never a source', async () => {
    await video('a.mp4');
    await video('song.mp3');
    await writeFile(scene.machine.path('a.mp3'), 'mine');
    expect(await scene.machine.results('a.mp4', 'song.mp3')).toEqual(
      expect.arrayContaining([
        // Nothing was uploaded for it.
        expect.objectContaining({ source: 'a.mp4', error: 'output_exists', job_id: null }),
        expect.objectContaining({ source: 'song.mp3', error: 'output_is_source', job_id: null }),
      ]),
    );
    expect(await readFile(scene.machine.path('a.mp3'), 'utf8')).toBe('mine');
    const forced = await scene.machine.results('--force', 'a.mp4', 'song.mp3');
    expect(forced).toContainEqual(expect.objectContaining({ source: 'a.mp4', status: 'DONE' }));
    expect(forced).toContainEqual(expect.objectContaining({ source: 'song.mp3', error: 'output_is_source' }));
    expect(await readFile(scene.machine.path('song.mp3'))).toEqual(await readFile(scene.clip));
  });

  it('reports each invalid file before anything is uploaded', async () => {
    await mkdir(scene.machine.path('folder.mp4'));
    await writeFile(scene.machine.path('empty.mp4'), '');
    await symlink('loop.mp4', scene.machine.path('loop.mp4'));
    await symlink('/dev/null', scene.machine.path('device.mp4'));
    const results = await scene.machine.results('gone.mp4', 'folder.mp4', 'empty.mp4', 'loop.mp4', 'device.mp4');
    expect(Object.fromEntries(results.map(({ source, error }) => [source, error]))).toEqual({
      'gone.mp4': 'file_not_found',
      'folder.mp4': 'not_a_file',
      'empty.mp4': 'empty_file',
      'loop.mp4': 'file_unreadable',
      'device.mp4': 'not_a_file',
    });
    expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 1, 1]);
  });

  it.each([
    [['a.mp4', 'a.mkv'], 'a.mp4 and a.mkv would both become a.mp3'],
    [['a.mp4', './here/a.mkv', '--out', 'out'], 'would both become out/a.mp3'],
    [['a.mp4', 'here/a.mov'], 'would both become here/a.mp3'],
    [['a.mp4', 'a.mp4'], 'a.mp4 is named twice'],
    [['a.mp4', '--bogus'], 'There is no option --bogus.'],
    [['a.mp4', '--out', 'a.mp4'], '--out a.mp4: it is not a folder.'],
    [['a.mp4', '--url', 'example.org'], 'must start with http:// or https://'],
  ])('rejects the command %j', async (args, message) => {
    await symlink('.', scene.machine.path('here'));
    for (const name of ['a.mp4', 'a.mkv', 'a.mov']) await video(name);
    const { exitCode, output, errors } = await scene.machine.run(...args);
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
    expect(errors).toContain(message);
    expect(await readdir(scene.machine.folder)).not.toContain('.config');
  });

  describe('survives a restart of the api', () => {
    /** Kills the api, and restarts it once the client has noticed. */
    async function restartUnder(client: ClientProcess): Promise<void> {
      await scene.service.api.kill();
      scene.proxy.cut();
      scene.proxy.throttle(undefined);
      scene.proxy.release();
      await client.says('Retrying for up to');
      scene.service.startApi();
    }

    async function expectDone(client: ClientProcess): Promise<void> {
      const { exitCode, output, errors } = await client.ended;
      expect({ exitCode, errors }, output).toEqual({ exitCode: 0, errors: '' });
      expect(output.match(/Retrying for up to/g)).toHaveLength(1);
      expect(output).toContain('The service responds again.');
      expect((await compareAudio(scene.clip, scene.machine.path('a.mp3'))).weakestSecond).toBeGreaterThan(0.9);
      expect(await scene.machine.files()).toEqual(['a.mp3', 'a.mp4']);
    }

    it('during an upload', async () => {
      const before = await uploadsIn(scene.service.folder);
      scene.proxy.throttle(SLOW_BYTES_PER_SECOND);
      const client = scene.machine.start([await video('a.mp4')]);
      await waitFor(async () => (await uploadsIn(scene.service.folder)) > before, { what: 'the begin of the upload' });
      await restartUnder(client);
      await expectDone(client);
    });

    it('while waiting for the conversion', async () => {
      await scene.ffmpeg.slowDown();
      const client = scene.machine.start([await video('a.mp4')]);
      await client.says('converting (job');
      await restartUnder(client);
      await expectDone(client);
    });

    it('during a download', async () => {
      await video('a.mp4');
      const [{ job_id: jobId } = {}] = await scene.machine.results('a.mp4');
      await rm(scene.machine.path('a.mp3'));
      scene.proxy.throttle(SLOW_BYTES_PER_SECOND);
      const client = scene.machine.start(['download', String(jobId)]);
      await waitFor(() => scene.machine.partBytes(), { what: 'the begin of the download' });
      scene.proxy.hold();
      await restartUnder(client);
      await expectDone(client);
    });
  });

  describe('with an invalid token', () => {
    const spoilToken = async (): Promise<void> => {
      const [name = ''] = await readdir(scene.machine.configFolder);
      const file = join(scene.machine.configFolder, name);
      const account = JSON.parse(await readFile(file, 'utf8')) as { access_token: string };
      await writeFile(file, JSON.stringify({ ...account, access_token: `${account.access_token}x` }));
    };

    it('signs in again automatically on the local service', async () => {
      await scene.machine.run(await video('a.mp4'));
      await spoilToken();
      expect(await scene.machine.run(await video('b.mp4'))).toMatchObject({ exitCode: 0 });
    });

    it('asks a user who has signed in to do so again', async () => {
      const user = await scene.service.signIn();
      await video('a.mp4');
      const login = scene.machine.start(['login', '--user', user.username], undefined, user.password);
      expect(await login.ended).toMatchObject({ exitCode: 0, errors: '' });
      expect(await scene.machine.run('a.mp4')).toMatchObject({ exitCode: 0 });
      await spoilToken();
      const { exitCode, errors } = await scene.machine.run('--force', 'a.mp4');
      expect(exitCode).toBe(3);
      expect(errors).toBe('Your sign-in has expired. Sign in again: video-to-mp3 login (signed_out)\n');
    });
  });

  describe('in a terminal', () => {
    const inTerminal = (command: string, answers: readonly (readonly [string, string])[] = []): Promise<ScriptEnd> =>
      runScript(
        ['script', '-qec', `stty cols 100 rows 30; '${process.execPath}' '${CLIENT_PROGRAM}' ${command}`, '/dev/null'],
        {
          cwd: scene.machine.folder,
          env: { ...scene.machine.env, TERM: 'xterm' },
          answers,
        },
      );

    it('draws progress bars, and leaves the results and the cursor', async () => {
      await scene.ffmpeg.slowDown();
      const { exitCode, output } = await inTerminal(`${await video('a.mp4')} gone.mp4`);
      expect(exitCode).toBe(1);
      const text = stripVTControlCharacters(output);
      expect(text).toMatch(/upload +conversion/);
      expect(text).toMatch(/a\.mp4 +━+ 100 % +━+─+ +[1-9]\d? %/);
      expect(text).toContain('✗ gone.mp4: There is no such file.');
      expect(output.trimEnd().endsWith('\u001b[?25h')).toBe(true);
    });

    it('asks for user name and password, and does not show the password', async () => {
      const { username, password } = await scene.service.signIn();
      const { exitCode, output } = await inTerminal('login', [
        ['User name:', `${username}\r`],
        ['Password:', `${password}\r`],
      ]);
      expect(exitCode).toBe(0);
      expect(output).toContain(username);
      expect(output).not.toContain(password);
      expect(output).toContain('Signed in at');
    });
  });

  it('works the same when it is installed from its package', async () => {
    const client = await PackedClient.install();
    try {
      expect(await client.packages()).toEqual(['video-to-mp3-cli']);
      await expectTypedLibrary(client);
      await video('a.mp4');
      expect(await scene.machine.start(['a.mp4'], client.program).ended).toMatchObject({ exitCode: 0, errors: '' });
      expect(await scene.machine.files()).toEqual(['a.mp3', 'a.mp4']);
    } finally {
      await client.remove();
    }
  });
});

/** Returns the files of sources in storage, including incomplete ones. */
async function uploadsIn(folder: string): Promise<number> {
  const names = await readdir(join(folder, 'objects'), { recursive: true }).catch(() => []);
  return names.length;
}
