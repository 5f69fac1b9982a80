import { rm } from 'node:fs/promises';
import { conversionFailure } from '@app/domain';
import { encodeArguments } from './ffmpeg-arguments.js';
import type { FfmpegEnv } from './ffmpeg.env.js';
import { FfmpegError } from './ffmpeg-error.js';
import { FfmpegLog } from './ffmpeg-log.js';
import { runFfmpeg, type FfmpegExit } from './ffmpeg-process.js';
import { readMp3File, type Mp3File } from './mp3-file.js';
import { percentOf, ProgressReader } from './progress-reader.js';
import type { Sandbox } from './sandbox.js';
import { readSourceStructure } from './source-reader.js';
import { Transcoder, type TranscodeRequest, type TranscodeResult } from './transcoder.js';
import { judge } from './verdict.js';

/** The highest MP3 bit rate, in bytes, with room for tags. */
const MP3_BYTES_PER_SECOND = 40_000;
const TAG_ROOM_BYTES = 64 * 1024 * 1024;

/** One contained ffmpeg process for each file, its log and its output checked. */
export class FfmpegTranscoder extends Transcoder {
  constructor(
    private readonly env: FfmpegEnv,
    private readonly sandbox: Sandbox,
  ) {
    super();
  }

  override async transcode(request: TranscodeRequest): Promise<TranscodeResult> {
    const log = new FfmpegLog();
    const [exit, source] = await together(request.signal, (signal) => [
      this.encode({ ...request, signal }, log),
      readSourceStructure(request.sourcePath, signal),
    ]);
    const mp3 = await readOutput(request);
    const { facts } = log;
    const maxDurationMs = this.env.MAX_DURATION_SECONDS * 1000;
    const verdict = judge({ exit, facts, source, maxDurationMs, mp3: mp3?.summary ?? null });
    if (verdict === null && mp3 !== null) return resultOf(mp3);
    await rm(request.outputPath, { force: true });
    const { code, reason } = verdict ?? { code: 'unknown_error', reason: 'no output' };
    throw conversionFailure(code, new FfmpegError(reason, exit, log.tail));
  }

  private async encode(request: TranscodeRequest, log: FfmpegLog): Promise<FfmpegExit> {
    const { FFMPEG_PATH, MAX_DURATION_SECONDS, FFMPEG_CPU_SECONDS } = this.env;
    const { sourcePath, outputPath } = request;
    const progress = new ProgressReader();
    const exit = await runFfmpeg(this.sandbox, {
      argv: [FFMPEG_PATH, ...encodeArguments({ sourcePath, outputPath, maxDurationSeconds: MAX_DURATION_SECONDS })],
      limits: {
        cpuSeconds: FFMPEG_CPU_SECONDS,
        fileSizeBytes: TAG_ROOM_BYTES + MAX_DURATION_SECONDS * MP3_BYTES_PER_SECOND,
      },
      timeoutMs: this.env.FFMPEG_TIMEOUT_SECONDS * 1000,
      stallMs: this.env.FFMPEG_STALL_SECONDS * 1000,
      signal: request.signal,
      onLog: (text) => log.push(text),
      onProgress: (text) => {
        const isFurther = progress.push(text);
        const { outTimeMs } = progress;
        if (isFurther) request.onProgress({ percent: percentOf(outTimeMs, log.facts.durationMs), outTimeMs });
        return isFurther;
      },
    });
    log.end();
    return exit;
  }
}

/** Runs two tasks side by side; when one fails, the other is aborted and awaited before the failure goes on. */
async function together<A, B>(
  outer: AbortSignal,
  start: (signal: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(outer.reason);
  outer.throwIfAborted();
  outer.addEventListener('abort', abort);
  const tasks = start(controller.signal);
  try {
    return await Promise.all(tasks);
  } catch (error) {
    controller.abort(error);
    await Promise.allSettled(tasks);
    outer.throwIfAborted();
    throw error;
  } finally {
    outer.removeEventListener('abort', abort);
  }
}

async function readOutput({ outputPath, signal }: TranscodeRequest): Promise<Mp3File | null> {
  try {
    return await readMp3File(outputPath, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function resultOf({ summary, sha256 }: Mp3File): TranscodeResult {
  const durationMs = Math.round((summary.samples * 1000) / summary.sampleRate);
  return { durationMs, sizeBytes: summary.sizeBytes, sha256, encoding: 'encoded' };
}
