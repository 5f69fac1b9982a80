import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConversionEnv } from './conversion.env.js';
import { JobWorkspace } from './job-workspace.js';

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return { ...original, mkdtemp: vi.fn(original.mkdtemp), statfs: vi.fn(original.statfs) };
});

const HOUR_MS = 3_600_000;
const TOKEN = 'a-lease-token';

describe('JobWorkspace', () => {
  let root: string;
  let sut: JobWorkspace;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'workspace-'));
    sut = workspaceIn(root);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(root, { recursive: true, force: true });
  });

  describe('with', () => {
    it('gives the run a private folder and removes it with all that is in it', async () => {
      let folder = '';
      const result = await sut.with(TOKEN, async (given) => {
        folder = given;
        expect((await stat(folder)).mode & 0o777).toBe(0o700);
        await writeFile(join(folder, 'output.mp3'), 'sound');
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
    it('says yes on a disk with room', async () => {
      freeBytes(64 * 1024 * 1024);
      expect(await sut.hasRoom()).toBe(true);
    });

    it('says no on a full disk', async () => {
      freeBytes(64 * 1024 * 1024 - 1);
      expect(await sut.hasRoom()).toBe(false);
    });

    it('says no where no folder can be made', async () => {
      const file = join(root, 'not-a-folder');
      await writeFile(file, '');
      expect(await workspaceIn(file).hasRoom()).toBe(false);
    });

    it('says no once nothing more can be made, and leaves nothing behind while it can', async () => {
      freeBytes(64 * 1024 * 1024);
      expect(await sut.hasRoom()).toBe(true);
      expect((await readdir(root, { recursive: true })).length).toBe(1);
      vi.mocked(mkdtemp).mockRejectedValueOnce(Object.assign(new Error('no inode left'), { code: 'ENOSPC' }));
      expect(await sut.hasRoom()).toBe(false);
    });

    it('says no after the end, and brings nothing back', async () => {
      await sut.removeOwn();
      expect(await sut.hasRoom()).toBe(false);
      expect(await readdir(root)).toEqual([]);
    });
  });

  describe('sweep', () => {
    it('removes what a process left behind that is gone', async () => {
      const child = await aLivingProcess();
      const abandoned = await aFolder(hostname(), child.pid, await startOf(child.pid));
      child.kill('SIGKILL');
      await once(child, 'exit');
      await sut.sweep();
      await expectGone(abandoned);
    });

    it('removes what belongs to an earlier process of the same pid', async () => {
      const child = await aLivingProcess();
      const abandoned = await aFolder(hostname(), child.pid, (await startOf(child.pid)) - 1);
      await sut.sweep();
      await expectGone(abandoned);
    });

    it('keeps the files of a living process, its own among them', async () => {
      const child = await aLivingProcess();
      const folder = await aFolder(hostname(), child.pid, await startOf(child.pid));
      await sut.with(TOKEN, async (own) => {
        await sut.sweep();
        expect((await stat(own)).isDirectory()).toBe(true);
      });
      expect(await readdir(folder)).toEqual([TOKEN]);
    });

    it("removes another machine's files only after a day", async () => {
      const [young, old] = [await aFolder('another-host', 7, 1), await aFolder('another-host', 7, 2)];
      await age(young, 23 * HOUR_MS);
      await age(old, 25 * HOUR_MS);
      await sut.sweep();
      expect((await stat(young)).isDirectory()).toBe(true);
      await expectGone(old);
    });

    it('leaves alone what it did not make', async () => {
      await writeFile(join(root, 'notes.txt'), 'not ours');
      await mkdir(join(root, 'somebody-else'));
      await sut.sweep();
      expect((await readdir(root)).toSorted()).toEqual(['notes.txt', 'somebody-else']);
    });
  });

  it('takes its own files away at the end', async () => {
    await sut.hasRoom();
    expect(await readdir(root)).toHaveLength(1);
    await sut.removeOwn();
    expect(await readdir(root)).toEqual([]);
  });

  async function aFolder(host: string, pid: number, start: number): Promise<string> {
    const folder = join(root, `${host}-${pid}-${start}`);
    await mkdir(join(folder, TOKEN), { recursive: true });
    await writeFile(join(folder, TOKEN, 'source'), 'video');
    return folder;
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

async function aLivingProcess(): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { pid: Number(child.pid) });
}

/** Field 22 of /proc/pid/stat; node's process name holds no blank or bracket. */
async function startOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')[21]);
}
