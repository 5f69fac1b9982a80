import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServices, waitFor } from '@app/testing';

export interface FfmpegRun {
  readonly pid: number;
  readonly workerPid: number;
}

/**
 * The real ffmpeg, which a test can slow down to playback speed, so that a job takes as long as its clip on any
 * machine.
 */
export class PacedFfmpeg {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<PacedFfmpeg> {
    const ffmpeg = new PacedFfmpeg(await mkdtemp(join(tmpdir(), 'paced-ffmpeg-')));
    const real = testServices().ffmpegPath;
    await writeFile(
      ffmpeg.path,
      `#!/bin/sh\n[ -e '${ffmpeg.mark}' ] && exec '${real}' -re "$@"\nexec '${real}' "$@"\n`,
    );
    await chmod(ffmpeg.path, 0o755);
    return ffmpeg;
  }

  get path(): string {
    return join(this.folder, 'paced.sh');
  }

  /** Slows down the next runs. */
  async slowDown(): Promise<void> {
    await writeFile(this.mark, '');
  }

  async speedUp(): Promise<void> {
    await rm(this.mark, { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  private get mark(): string {
    return join(this.folder, 'slow');
  }
}

/** Waits for the ffmpeg process with this text, such as a lease token, in a path. */
export function ffmpegAt(word: string): Promise<FfmpegRun> {
  return waitFor(() => findFfmpeg(word)[0], { what: `an ffmpeg process at ${word}` });
}

export function findFfmpeg(word: string): FfmpegRun[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const run = readRun(name);
      return run !== null && run.command.includes(word) ? [{ pid: Number(name), workerPid: run.parent }] : [];
    });
}

function readRun(pid: string): { parent: number; command: string } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (!status.startsWith('Name:\tffmpeg\n') || /^State:\tZ/m.test(status)) return null;
    const parent = Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]);
    return { parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
  } catch (error) {
    // It ended in the meantime.
    if (existsSync(`/proc/${pid}`)) throw error;
    return null;
  }
}
