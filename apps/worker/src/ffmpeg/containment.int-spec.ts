import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HOSTILE_FILES, ffmpeg, testFfmpegPath, writeSecrets, type HostileKind } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FfmpegTranscoder } from './ffmpeg-transcoder.js';
import { FfmpegEnv } from './ffmpeg.env.js';
import { chooseSandbox, type Sandbox, type SandboxChoice } from './sandbox.js';

const run = promisify(execFile);
const KINDS = Object.keys(HOSTILE_FILES) as HostileKind[];
/** These lead nowhere by TCP or to no sound, so that plain ffmpeg shows nothing. */
const SILENT_KINDS: readonly HostileKind[] = ['a session description', 'a text', 'an image sequence'];
/** Set for the second run of this file, inside a process tree that may not make user namespaces. */
// oxlint-disable-next-line node/no-process-env -- how this file's second run knows itself
const areNamespacesRefused = process.env.TEST_NAMESPACES_REFUSED === '1';

let folder: string;
let listener: Server;
let port: number;
let connections = 0;
let sandbox: Sandbox;
const warnings: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'containment-'));
  listener = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined).end('HTTP/1.0 404 Not Found\r\n\r\n', () => socket.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  port = (listener.address() as AddressInfo).port;
  await writeSecrets(folder);
});

afterAll(async () => {
  await new Promise((resolve) => listener.close(resolve));
  await rm(folder, { recursive: true });
});

function choose(choice: Pick<SandboxChoice, 'isProduction' | 'mode'>): Promise<Sandbox> {
  const log = { warn: (message: string): void => void warnings.push(message) };
  return chooseSandbox({ ...choice, ffmpegPath: testFfmpegPath(), log });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function hostileFilesReachNothing(): void {
  it.each(KINDS)('%s reaches nothing and is refused', async (kind) => {
    const { path: sourcePath } = await HOSTILE_FILES[kind]({ folder, port });
    const outputPath = join(folder, 'contained.mp3');
    const before = connections;
    const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: testFfmpegPath() });
    const { signal } = new AbortController();
    const sut = new FfmpegTranscoder(env, sandbox);
    const transcoding = sut.transcode({ sourcePath, outputPath, signal, onProgress: () => undefined });
    await expect(transcoding).rejects.toMatchObject({ name: 'DomainError', retryable: false });
    expect(await sizeOf(outputPath)).toBe(0);
    expect(connections).toBe(before);
  });
}

if (areNamespacesRefused) {
  describe('where user namespaces are refused', () => {
    beforeAll(async () => {
      sandbox = await choose({ isProduction: true, mode: 'relaxed' });
    });

    it('production does not start, and names the way out', async () => {
      await expect(choose({ isProduction: true, mode: 'strict' })).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringContaining('SANDBOX=relaxed') as string,
      });
    });

    it('production starts when told so, and says what is missing', () => {
      expect(sandbox.network).toBe('none');
      expect(warnings.join()).toContain('WITHOUT network isolation');
    });

    it('development starts', async () => {
      expect((await choose({ isProduction: false, mode: 'strict' })).network).toBe('none');
    });

    hostileFilesReachNothing();
  });
} else {
  describe('in a namespace without network', () => {
    beforeAll(async () => {
      sandbox = await choose({ isProduction: true, mode: 'strict' });
    });

    it('production starts strictly', () => {
      expect(sandbox.network).toBe('namespace');
    });

    hostileFilesReachNothing();

    it('not even a command that asks for a connection gets one', async () => {
      const before = connections;
      const argv = [testFfmpegPath(), '-v', 'error', '-i', `http://127.0.0.1:${port}/x`, '-f', 'null', '-'];
      const { command, args, env } = sandbox.wrap(argv, { cpuSeconds: 10, fileSizeBytes: 0 });
      await expect(run(command, [...args], { env })).rejects.toThrow(/unreachable|not permitted/);
      expect(connections).toBe(before);
    });
  });

  describe('the hostile files themselves', () => {
    it.each(KINDS.filter((kind) => !SILENT_KINDS.includes(kind)))(
      '%s would reach further without containment',
      async (kind) => {
        const { path, trustingOptions } = await HOSTILE_FILES[kind]({ folder, port });
        const outputPath = join(folder, 'trusting.mp3');
        await rm(outputPath, { force: true });
        const before = connections;
        await ffmpeg([...(trustingOptions ?? []), '-i', path, '-vn', '-y', outputPath]).catch(() => undefined);
        expect(connections - before + (await sizeOf(outputPath))).toBeGreaterThan(0);
      },
    );
  });

  it('holds where user namespaces are refused', async () => {
    const vitest = [
      process.execPath,
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      'int',
      import.meta.filename,
    ];
    const refuse = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const refused = run('unshare', ['-r', 'sh', '-c', refuse, 'sh', ...vitest], {
      // oxlint-disable-next-line node/no-process-env -- the second run needs all that the first one has
      env: { ...process.env, TEST_NAMESPACES_REFUSED: '1' },
    });
    await expect(refused).resolves.toMatchObject({ stdout: expect.stringContaining('passed') as string });
  });
}
