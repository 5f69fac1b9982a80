import type { FfmpegExit } from './ffmpeg-process.js';

/** The failure of a run, for the log: never shown to users. */
export class FfmpegError extends Error {
  override readonly name = 'FfmpegError';

  constructor(
    reason: string,
    readonly exit: FfmpegExit,
    readonly lastLines: readonly string[],
  ) {
    super(reason);
  }
}
