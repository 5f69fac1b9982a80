import { dirname } from 'node:path';
import type { FfmpegEnv } from '../ffmpeg/ffmpeg.env.js';
import { ffmpegProgram } from '../ffmpeg/ffmpeg-program.js';
import { FfmpegLog } from '../ffmpeg/ffmpeg-log.js';
import { runFfmpeg, type FfmpegExit } from '../ffmpeg/ffmpeg-process.js';
import { ProgressReader } from '../ffmpeg/progress-reader.js';
import type { KernelLimits, Sandbox } from '../sandbox/sandbox.js';

/** The highest MP3 bit rate, in bytes. */
const MP3_BYTES_PER_SECOND = 40_000;
/** More than the longest tag takes. */
const TAG_ROOM_BYTES = 4 * 1024 * 1024;

export interface RunLimits extends KernelLimits {
  readonly timeoutMs: number;
}

export interface RunRequest {
  readonly args: readonly string[];
  readonly sourcePath: string;
  /** The folder of this file is the only one that the process can write to. */
  readonly outputPath: string;
  readonly signal: AbortSignal;
  readonly limits: RunLimits;
  /** The time for which the process can run without progress. */
  readonly stallMs: number;
  /** @param durationMs the length of the source, if ffmpeg states one */
  onProgress(outTimeMs: number, durationMs: number | null): void;
}

/** A run of ffmpeg that ended and is not verified yet. */
export class EndedRun {
  constructor(
    readonly exit: FfmpegExit,
    readonly log: FfmpegLog,
  ) {}
}

/** The largest file that a process needs for an MP3 of this length. */
export function mp3FileBytes(seconds: number): number {
  return TAG_ROOM_BYTES + Math.ceil(seconds * MP3_BYTES_PER_SECOND);
}

/** Runs contained ffmpeg processes and reads their logs. */
export class FfmpegRunner {
  private readonly program: string;

  constructor(
    readonly env: FfmpegEnv,
    private readonly sandbox: Sandbox,
  ) {
    this.program = ffmpegProgram(env.FFMPEG_PATH);
  }

  /** The limits of all processes of a job together. */
  get limits(): RunLimits {
    const { MAX_DURATION_SECONDS, FFMPEG_CPU_SECONDS, FFMPEG_TIMEOUT_SECONDS } = this.env;
    return {
      cpuSeconds: FFMPEG_CPU_SECONDS,
      fileSizeBytes: mp3FileBytes(MAX_DURATION_SECONDS),
      timeoutMs: FFMPEG_TIMEOUT_SECONDS * 1000,
    };
  }

  get stallMs(): number {
    return this.env.FFMPEG_STALL_SECONDS * 1000;
  }

  async run(request: RunRequest): Promise<EndedRun> {
    const { limits, stallMs, signal } = request;
    const log = new FfmpegLog();
    const progress = new ProgressReader();
    const exit = await runFfmpeg(this.sandbox, {
      argv: [this.program, ...request.args],
      limits,
      files: { reads: [request.sourcePath], folder: dirname(request.outputPath) },
      timeoutMs: limits.timeoutMs,
      stallMs,
      signal,
      onLog: (text) => log.push(text),
      onProgress: (text) => {
        const isFurther = progress.push(text);
        if (isFurther) request.onProgress(progress.outTimeMs, log.facts.durationMs);
        return isFurther;
      },
    });
    log.end();
    return new EndedRun(exit, log);
  }
}
