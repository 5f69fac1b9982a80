import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HOSTILE_FILES, ffmpeg, isUnpackedFfmpeg, makeClip, testSetprivPath, type HostileKind } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ContainmentFixture, sizeOf } from '../../test/containment-fixture.js';
import { OTHER_PROCESSES, SOCKETS } from '../../test/contained-scripts.js';
import { isSuccess, run, runWithoutNamespaces } from '../../test/without-namespaces.js';
import { NO_FILES, type FileAccess } from '../sandbox/file-access.js';
import type { Sandbox } from '../sandbox/sandbox.js';

const KINDS = Object.keys(HOSTILE_FILES) as HostileKind[];
/** These lead nowhere by TCP or to no audio, so that plain ffmpeg shows nothing. */
const SILENT_KINDS: readonly HostileKind[] = ['a session description', 'a text', 'an image sequence'];
/** Set for the second run of this file, inside a process tree that may not make user namespaces. */
// oxlint-disable-next-line node/no-process-env -- how this file's second run knows itself
const areNamespacesRefused = process.env.TEST_NAMESPACES_REFUSED === '1';
/** One that can load system call filters; the system's own may be too old. */
const setprivPath = testSetprivPath();
/** A program that may make no sockets starts, on a kernel that knows how to refuse that. */
const LANDLOCK_PROBE = ['--nnp', '--landlock-access', 'fs:make-sock', 'true'];
const hasLandlockSystem = await isSuccess('setpriv', LANDLOCK_PROBE);
const hasLandlock = setprivPath !== null && (await isSuccess(setprivPath, LANDLOCK_PROBE));
/** Only ends a run that hangs. */
const SECOND_RUN_TIMEOUT_MS = 600_000;
const LIMITS = { cpuSeconds: 10, fileSizeBytes: 1_000_000 };

let fixture: ContainmentFixture;
let sandbox: Sandbox;

beforeAll(async () => {
  fixture = await ContainmentFixture.create();
});

afterAll(() => fixture.remove());

function runContained(argv: readonly string[], files: FileAccess = NO_FILES): Promise<{ stdout: string }> {
  const { command, args, env } = sandbox.wrap(argv, LIMITS, files);
  return run(command, [...args], { env });
}

function hostileFilesReachNothing(): void {
  it.each(KINDS)('%s reaches nothing and is refused', async (kind) => {
    const { path } = await HOSTILE_FILES[kind](fixture);
    const outputPath = join(fixture.folder, 'contained.mp3');
    const before = fixture.connections;
    const transcoding = fixture.transcode(sandbox, path, outputPath);
    await expect(transcoding).rejects.toMatchObject({ name: 'DomainError', retryable: false });
    expect(await sizeOf(outputPath)).toBe(0);
    expect(fixture.connections).toBe(before);
  });
}

function noConnectionIsMade(): void {
  it('not even a command that asks for a connection gets one', async () => {
    const before = fixture.connections;
    const url = `http://127.0.0.1:${fixture.port}/x`;
    const asking = runContained([fixture.program, '-v', 'error', '-i', url, '-f', 'null', '-']);
    await expect(asking).rejects.toThrow(fixture.noConnection);
    expect(fixture.connections).toBe(before);
  });
}

function filesAreContained(): void {
  const NOT_THERE = /Permission denied|No such file/;
  const NOT_WRITABLE = /Permission denied|No such file|Read-only file system/;

  it("no file can be read but the run's own", async () => {
    const secret = join(fixture.folder, 'secret.mp4');
    const argv = [fixture.program, '-v', 'error', '-i', `file:${secret}`, '-vn', '-f', 'null', '-'];
    await expect(runContained(argv)).rejects.toThrow(NOT_THERE);
    await expect(runContained(argv, { reads: [secret], folder: null })).resolves.toMatchObject({ stdout: '' });
  });

  it('no file can be written but in its folder', async () => {
    const source = await makeClip();
    const other = join(fixture.folder, 'secret.mp4');
    const folder = join(fixture.folder, 'writable');
    await mkdir(folder, { recursive: true });
    const access = { reads: [source, other], folder };
    const write = (path: string): Promise<unknown> =>
      runContained([fixture.program, '-v', 'error', '-i', source, '-vn', '-f', 'mp3', '-y', path], access);
    const outside = join(fixture.folder, 'outside.mp3');
    const before = await sizeOf(other);
    await expect(write(outside)).rejects.toThrow(NOT_WRITABLE);
    await expect(write(other)).rejects.toThrow(NOT_WRITABLE);
    await expect(write('/usr/lib/outside.mp3')).rejects.toThrow(NOT_WRITABLE);
    expect(await sizeOf(outside)).toBe(0);
    expect(await sizeOf(other)).toBe(before);
    expect(await sizeOf('/usr/lib/outside.mp3')).toBe(0);
    await write(join(folder, 'inside.mp3'));
    expect(await sizeOf(join(folder, 'inside.mp3'))).toBeGreaterThan(0);
  });

  it('no other program can be run', async () => {
    await expect(runContained(['sh', '-c', 'exit 0'])).rejects.toThrow(NOT_THERE);
  });
}

function isConverted(): void {
  it('a video is converted as without containment', async () => {
    const clip = await makeClip();
    const folder = join(fixture.folder, 'job');
    await mkdir(folder, { recursive: true });
    const [plain, contained] = ['plain.mp3', 'contained.mp3'].map((name) => join(folder, name)) as [string, string];
    await ffmpeg(['-i', clip, '-vn', '-map_metadata', '-1', '-id3v2_version', '0', '-y', plain]);
    await fixture.transcode(sandbox, clip, contained);
    await expect(run('cmp', [plain, contained])).resolves.toMatchObject({ stdout: '' });
  });
}

if (areNamespacesRefused) {
  describe('where user namespaces and system call filters are refused', () => {
    let oldSetpriv: string;

    beforeAll(async () => {
      oldSetpriv = await fixture.setprivWithout('--seccomp-filter');
      sandbox = await fixture.choose({ isProduction: true, mode: 'relaxed', setprivPath: oldSetpriv });
    });

    it('production does not start, and names the way out', async () => {
      const choosing = fixture.choose({ isProduction: true, mode: 'strict', setprivPath: oldSetpriv });
      await expect(choosing).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringMatching(/unshare -rn.*unrecognized option.*SANDBOX=relaxed/) as string,
      });
    });

    it('production starts when told so, and says what is missing', () => {
      expect(sandbox.layers).toEqual([]);
      expect(fixture.warnings.join()).toContain('WITHOUT network isolation');
    });

    it('development starts', async () => {
      const chosen = await fixture.choose({ isProduction: false, mode: 'strict', setprivPath: oldSetpriv });
      expect(chosen.layers).toEqual([]);
    });

    hostileFilesReachNothing();
  });

  describe.skipIf(setprivPath === null)('by a system call filter', () => {
    beforeAll(async () => {
      const withoutLandlock = await fixture.setprivWithout('--landlock-access', setprivPath ?? undefined);
      sandbox = await fixture.choose({ isProduction: true, mode: 'strict', setprivPath: withoutLandlock });
    });

    it('production starts strictly', () => {
      expect(sandbox.layers).toEqual(['seccomp']);
    });

    hostileFilesReachNothing();
    noConnectionIsMade();
    isConverted();

    it('production does not start where the filter has no place, and says so', async () => {
      vi.stubEnv('TMPDIR', join(fixture.folder, 'absent'));
      onTestFinished(() => void vi.unstubAllEnvs());
      const choosing = fixture.choose({ isProduction: true, mode: 'strict', setprivPath: setprivPath ?? undefined });
      await expect(choosing).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringMatching(/no such file or directory.*SANDBOX=relaxed/) as string,
      });
    });

    it('no process can be started, and none signaled', async () => {
      await expect(runContained(['perl', '-MErrno', '-e', OTHER_PROCESSES])).resolves.toMatchObject({
        stdout: 'end\n',
      });
    });

    it('no kind of socket can be opened, by no call', async () => {
      await expect(runContained(['perl', '-MErrno', '-e', SOCKETS])).resolves.toMatchObject({ stdout: 'end\n' });
    });
  });

  // Landlock allows only ffmpeg and its libraries, so the script that starts an unpacked ffmpeg cannot run.
  describe.skipIf(!hasLandlock || isUnpackedFfmpeg())('by a system call filter and Landlock', () => {
    beforeAll(async () => {
      sandbox = await fixture.choose({ isProduction: true, mode: 'strict', setprivPath: setprivPath ?? undefined });
    });

    it('production starts strictly', () => {
      expect(sandbox.layers).toEqual(['seccomp', 'landlock']);
    });

    hostileFilesReachNothing();
    noConnectionIsMade();
    isConverted();

    filesAreContained();
  });
} else {
  describe('in a namespace without network', () => {
    beforeAll(async () => {
      const setpriv = await fixture.setprivWithout('--seccomp-filter', 'setpriv', '--landlock-access');
      sandbox = await fixture.choose({ isProduction: true, mode: 'strict', setprivPath: setpriv });
    });

    it('production starts strictly', () => {
      expect(sandbox.layers[0]).toBe('network-namespace');
    });

    hostileFilesReachNothing();
    noConnectionIsMade();
    isConverted();
  });

  // As with Landlock, the script that starts an unpacked ffmpeg cannot run in a separate root.
  describe.skipIf(isUnpackedFfmpeg())('in a namespace of mounts', () => {
    beforeAll(async () => {
      sandbox = await fixture.choose({ isProduction: true, mode: 'strict' });
    });

    it('production starts strictly', () => {
      expect(sandbox.layers.join()).toMatch(hasLandlockSystem ? /^network.*landlock$/ : /^network-.*mount-namespace/);
    });

    hostileFilesReachNothing();
    noConnectionIsMade();
    isConverted();
    filesAreContained();
  });

  describe.skipIf(!hasLandlock || isUnpackedFfmpeg())('by all that the machine has', () => {
    beforeAll(async () => {
      sandbox = await fixture.choose({ isProduction: true, mode: 'strict', setprivPath: setprivPath ?? undefined });
    });

    it('production starts strictly', () => {
      expect(sandbox.layers).toEqual(['network-namespace', 'seccomp', 'landlock']);
    });

    hostileFilesReachNothing();
    noConnectionIsMade();
    isConverted();
    filesAreContained();
  });

  describe('without containment', () => {
    it('a script starts processes, and signals others', async () => {
      await expect(run('perl', ['-MErrno', '-e', OTHER_PROCESSES])).resolves.toMatchObject({
        stdout: expect.stringMatching(/^process 0\nprocess 1\nsignal 0\n/) as string,
      });
    });

    it('ffmpeg reads and writes where it likes', async () => {
      const outside = join(fixture.folder, 'planted.mp3');
      await ffmpeg(['-i', join(fixture.folder, 'secret.mp4'), '-y', outside]);
      expect(await sizeOf(outside)).toBeGreaterThan(0);
    });
  });

  describe('the hostile files themselves', () => {
    it.each(KINDS.filter((kind) => !SILENT_KINDS.includes(kind)))(
      '%s would reach further without containment',
      async (kind) => {
        const { path, trustingOptions } = await HOSTILE_FILES[kind](fixture);
        const outputPath = join(fixture.folder, 'trusting.mp3');
        await rm(outputPath, { force: true });
        const before = fixture.connections;
        await ffmpeg([...(trustingOptions ?? []), '-i', path, '-vn', '-y', outputPath]).catch(() => undefined);
        expect(fixture.connections - before + (await sizeOf(outputPath))).toBeGreaterThan(0);
      },
    );
  });

  describe('where user namespaces are refused', () => {
    let names: string;

    beforeAll(async () => {
      names = await runWithoutNamespaces(import.meta.filename);
    }, SECOND_RUN_TIMEOUT_MS);

    if (isUnpackedFfmpeg()) {
      it('a video is converted behind a system call filter', () => {
        expect(names).toMatch(/✓.* by a system call filter > a video is converted/);
      });
      return;
    }

    it('it is known when nothing else holds', () => {
      expect(names).toMatch(/✓.* where user namespaces and system call filters are refused > production does not/);
    });

    it.skipIf(setprivPath === null)('a system call filter holds', () => {
      expect(names).toMatch(/✓.* by a system call filter > no kind of socket/);
    });

    it.skipIf(!hasLandlock)('a system call filter and Landlock hold', () => {
      expect(names).toMatch(/✓.* by a system call filter and Landlock > no file/);
    });
  });
}
