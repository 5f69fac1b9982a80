import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConversionEnv } from './conversion.env.js';
import { FolderLock } from './folder-lock.js';
import { JobWorkspace } from './job-workspace.js';

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return { ...original, mkdtemp: vi.fn(original.mkdtemp), statfs: vi.fn(original.statfs) };
});
vi.mock('./folder-lock.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('./folder-lock.js')>();
  return { FolderLock: { try: vi.fn((folder: string) => original.FolderLock.try(folder)) } };
});

const HOUR_MS = 3_600_000;
const TOKEN = 'a-lease-token';

describe('JobWorkspace', () => {
  let root: string;
  let sut: JobWorkspace;

  beforeEach(async () => {
    Logger.overrideLogger(false);
    root = await mkdtemp(join(tmpdir(), 'workspace-'));
    sut = workspaceIn(root);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(root, { recursive: true, force: true });
  });

  describe('with', () => {
    it('gives the run a private folder and removes it with its files', async () => {
      let folder = '';
      const result = await sut.with(TOKEN, async (given) => {
        folder = given;
        expect((await stat(folder)).mode & 0o777).toBe(0o700);
        await writeFile(join(folder, 'output.mp3'), 'audio');
        return 'done';
      });
      expect(result).toBe('done');
      await expectGone(folder);
    });

    it('removes the folder of a run that failed, and keeps the others', async () => {
      await sut.with('another-token', async (other) => {
        let failed = '';
        const run = sut.with(TOKEN, async (folder) => {
          failed = folder;
          await writeFile(join(folder, 'source'), 'video');
          throw new Error('broken');
        });
        await expect(run).rejects.toThrow('broken');
        await expectGone(failed);
        expect((await stat(other)).isDirectory()).toBe(true);
      });
    });
  });

  describe('hasRoom', () => {
    it('returns true on a disk with room', async () => {
      freeBytes(64 * 1024 * 1024);
      expect(await sut.hasRoom()).toBe(true);
    });

    it('returns false on a full disk', async () => {
      freeBytes(64 * 1024 * 1024 - 1);
      expect(await sut.hasRoom()).toBe(false);
    });

    it('returns false if no folder can be created', async () => {
      const file = join(root, 'not-a-folder');
      await writeFile(file, '');
      expect(await workspaceIn(file).hasRoom()).toBe(false);
    });

    it('returns false when no more folders can be created, and leaves no files until then', async () => {
      freeBytes(64 * 1024 * 1024);
      expect(await sut.hasRoom()).toBe(true);
      expect((await readdir(root, { recursive: true })).length).toBe(1);
      vi.mocked(mkdtemp).mockRejectedValueOnce(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
      expect(await sut.hasRoom()).toBe(false);
    });

    it('returns false after the end, and creates no folder', async () => {
      await sut.removeOwn();
      expect(await sut.hasRoom()).toBe(false);
      expect(await readdir(root)).toEqual([]);
    });
  });

  it('recovers after somebody has removed its folder', async () => {
    expect(await sut.hasRoom()).toBe(true);
    for (const name of await readdir(root)) await rm(join(root, name), { recursive: true });
    await sut.hasRoom();
    expect(await sut.hasRoom()).toBe(true);
    await sut.with(TOKEN, async (folder) => expect((await stat(folder)).isDirectory()).toBe(true));
  });

  describe('sweep', () => {
    it('removes the files of a dead worker', async () => {
      const { folder, kill } = await aWorkerProcess();
      await sut.sweep();
      expect(await readdir(folder)).toEqual([TOKEN]);
      await kill();
      await sut.sweep();
      await expectGone(folder);
    });

    it('keeps the files of every living worker, whatever its machine is called and whatever its process id is', async () => {
      const [first, second] = [workspaceIn(root), workspaceIn(root)];
      await first.with(TOKEN, async (one) => {
        await second.with(TOKEN, async (other) => {
          for (const workspace of [first, second, sut]) await workspace.sweep();
          expect(one).not.toBe(other);
          for (const folder of [one, other]) expect((await stat(folder)).isDirectory()).toBe(true);
        });
      });
    });

    it('keeps a new folder that its worker is about to lock, for a day', async () => {
      const [young, old] = [await aFolder('new'), await aFolder('new')];
      await age(young, 23 * HOUR_MS);
      await age(old, 25 * HOUR_MS);
      await sut.sweep();
      expect((await stat(young)).isDirectory()).toBe(true);
      await expectGone(old);
    });

    it('decides by age where folders cannot be locked, and keeps its own folder young', async () => {
      vi.mocked(FolderLock.try).mockImplementation(() =>
        Promise.resolve({ state: 'unsupported', release: () => Promise.resolve() } as FolderLock),
      );
      const [young, old] = [await aFolder('worker'), await aFolder('worker')];
      await age(young, 23 * HOUR_MS);
      await age(old, 25 * HOUR_MS);
      await sut.hasRoom();
      const [own = ''] = (await readdir(root)).filter((name) => ![young, old].includes(join(root, name)));
      await age(join(root, own), 25 * HOUR_MS);
      await sut.sweep();
      await workspaceIn(root).sweep();
      expect((await stat(young)).isDirectory()).toBe(true);
      expect((await stat(join(root, own))).isDirectory()).toBe(true);
      await expectGone(old);
      vi.mocked(FolderLock.try).mockReset();
    });

    it('ignores files and folders of others', async () => {
      await writeFile(join(root, 'notes.txt'), 'not ours');
      await mkdir(join(root, 'somebody-else'));
      await sut.sweep();
      await sut.removeOwn();
      expect((await readdir(root)).toSorted()).toEqual(['notes.txt', 'somebody-else']);
    });
  });

  it('removes its own files at the end', async () => {
    await sut.hasRoom();
    expect(await readdir(root)).toHaveLength(1);
    await sut.removeOwn();
    expect(await readdir(root)).toEqual([]);
  });

  async function aFolder(kind: 'worker' | 'new'): Promise<string> {
    const folder = join(root, `${kind}-${randomUUID()}`);
    await mkdir(join(folder, TOKEN), { recursive: true });
    await writeFile(join(folder, TOKEN, 'source'), 'video');
    return folder;
  }

  /** Another process that has locked its folder. */
  async function aWorkerProcess(): Promise<{ folder: string; kill: () => Promise<void> }> {
    const folder = await aFolder('worker');
    const child = spawn('flock', ['--no-fork', folder, 'sh', '-c', 'echo locked; exec sleep 3600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const kill = async (): Promise<void> => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    };
    return { folder, kill };
  }
});

function workspaceIn(folder: string): JobWorkspace {
  return new JobWorkspace(Object.assign(new ConversionEnv(), { WORK_DIRECTORY: folder }));
}

async function expectGone(path: string): Promise<void> {
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
}

function freeBytes(bytes: number): void {
  const answer = { bavail: bytes, bsize: 1 } as Awaited<ReturnType<typeof statfs>>;
  vi.mocked(statfs).mockResolvedValueOnce(answer);
}

async function age(folder: string, byMs: number): Promise<void> {
  const time = new Date(Date.now() - byMs);
  await utimes(folder, time, time);
}
