import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { conversionFailure } from '@app/domain';
import { choiceArguments, encodeArguments } from '../ffmpeg/ffmpeg-arguments.js';
import type { FfmpegEnv } from '../ffmpeg/ffmpeg.env.js';
import { FfmpegError } from '../ffmpeg/ffmpeg-error.js';
import { FfmpegLog } from '../ffmpeg/ffmpeg-log.js';
import { ffmpegProgram } from '../ffmpeg/ffmpeg-program.js';
import { runFfmpeg, type FfmpegExit } from '../ffmpeg/ffmpeg-process.js';
import { FileWindow } from '../containers/file-window.js';
import { copyMp3 } from './mp3-copy.js';
import { readMp3File, type Mp3File } from '../mp3/mp3-file.js';
import { CopyNotPossibleError } from './copy-not-possible-error.js';
import { percentOf, ProgressReader } from '../ffmpeg/progress-reader.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { runBoth } from './run-both.js';
import { trackToCopy } from './audio-track.js';
import { startReading, type SourceReading } from '../containers/source-reading.js';
import type { SourceStructure } from '../containers/source-structure.js';
import { OversizedStructureError } from '../containers/structure-budget.js';
import { writeId3Tag } from '../tags/id3-tag.js';
import { readTags } from '../tags/read-tags.js';
import { writeIntoTagRoom } from './tag-room.js';
import { Transcoder, type TranscodeRequest, type TranscodeResult } from './transcoder.js';
import { fileFault } from './mp3-faults.js';
import { alternativeTrack, unsupportedAudio } from './unsupported-audio.js';
import { verifyOutput } from './verify-output.js';

/** The highest MP3 bit rate, in bytes. */
const MP3_BYTES_PER_SECOND = 40_000;
/** More than the longest tag takes. */
const TAG_ROOM_BYTES = 4 * 1024 * 1024;
const FULL_DISK = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** One contained ffmpeg process for each file that is encoded, its log and its output checked; none for most copies. */
export class FfmpegTranscoder extends Transcoder {
  private readonly program: string;

  constructor(
    private readonly env: FfmpegEnv,
    private readonly sandbox: Sandbox,
  ) {
    super();
    this.program = ffmpegProgram(env.FFMPEG_PATH);
  }

  override async transcode(request: TranscodeRequest): Promise<TranscodeResult> {
    const [result, source] = await runBoth(request.signal, (signal) => {
      const reading = startReading(request.sourcePath, signal);
      return [this.produce({ ...request, signal }, reading), reading.structure];
    }).catch(failOversized);
    if (result instanceof Encoded) return this.checked(request, result, source);
    return result;
  }

  /** Copies an MP3 track. Any other is encoded while the structure of the file is still being read. */
  private async produce(request: TranscodeRequest, reading: SourceReading): Promise<TranscodeResult | Encoded> {
    const { sourcePath, outputPath, signal } = request;
    const tag = writeId3Tag(await readTags(sourcePath, signal));
    if (await reading.hasMp3) {
      const copied = await this.copy(request, await reading.structure, tag);
      if (copied !== null) return copied;
    }
    const encoded = await this.encode(request, tag.length);
    if (tag.length > 0) await writeIntoTagRoom(outputPath, tag).catch(failWrite);
    return encoded;
  }

  /** A second process runs only if the track that ffmpeg chose is of a kind that it cannot convert, and another is not. */
  private async encode(request: TranscodeRequest, tagBytes: number): Promise<Encoded> {
    const { sourcePath, outputPath } = request;
    const options = { sourcePath, outputPath, tagBytes, maxDurationSeconds: this.env.MAX_DURATION_SECONDS };
    const encoded = await this.run(request, encodeArguments(options));
    const { facts } = encoded.log;
    const track = unsupportedAudio(facts) === null ? null : alternativeTrack(facts);
    return track === null ? encoded : this.run(request, encodeArguments({ ...options, track }));
  }

  /** Returns null if the track has to be encoded. */
  private async copy(request: TranscodeRequest, source: SourceStructure, tag: Buffer): Promise<TranscodeResult | null> {
    const track = await trackToCopy(source, () => this.chosenTrack(request));
    if (track === null) return null;
    const { sourcePath, outputPath, signal } = request;
    const maxDurationSeconds = this.env.MAX_DURATION_SECONDS;
    try {
      await FileWindow.use(sourcePath, signal, (file) =>
        copyMp3({
          source: file,
          track,
          tag,
          outputPath,
          maxDurationSeconds,
          onProgress: (progress) => request.onProgress(progress),
        }),
      );
    } catch (error) {
      if (error instanceof CopyNotPossibleError) {
        return null;
      }
      await rm(outputPath, { force: true });
      return failWrite(error);
    }
    const mp3 = await readMp3File(outputPath, signal);
    const fault = fileFault(mp3.summary);
    if (fault === null) return resultOf(mp3, 'copied');
    await rm(outputPath, { force: true });
    throw conversionFailure('ffmpeg_failed', new CopyNotPossibleError(fault));
  }

  private async chosenTrack(request: TranscodeRequest): Promise<number | null> {
    const { log } = await this.run(request, choiceArguments(request.sourcePath));
    const { facts } = log;
    return unsupportedAudio(facts) === null ? (facts.choice?.streamIndex ?? null) : alternativeTrack(facts);
  }

  private async checked(
    request: TranscodeRequest,
    encoded: Encoded,
    source: SourceStructure,
  ): Promise<TranscodeResult> {
    const mp3 = await readOutput(request);
    const { exit, log } = encoded;
    const maxDurationMs = this.env.MAX_DURATION_SECONDS * 1000;
    const failure = verifyOutput({ exit, facts: log.facts, source, maxDurationMs, mp3: mp3?.summary ?? null });
    if (failure === null && mp3 !== null) return resultOf(mp3, 'encoded');
    await rm(request.outputPath, { force: true });
    const { code, params, reason } = failure ?? { code: 'unknown_error', params: {}, reason: 'no output' };
    throw conversionFailure(code, new FfmpegError(reason, exit, log.tail), params);
  }

  private async run(request: TranscodeRequest, args: readonly string[]): Promise<Encoded> {
    const { MAX_DURATION_SECONDS, FFMPEG_CPU_SECONDS } = this.env;
    const log = new FfmpegLog();
    const progress = new ProgressReader();
    const exit = await runFfmpeg(this.sandbox, {
      argv: [this.program, ...args],
      limits: {
        cpuSeconds: FFMPEG_CPU_SECONDS,
        fileSizeBytes: TAG_ROOM_BYTES + MAX_DURATION_SECONDS * MP3_BYTES_PER_SECOND,
      },
      files: { reads: [request.sourcePath], folder: dirname(request.outputPath) },
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
    return new Encoded(exit, log);
  }
}

/** A run of ffmpeg that ended and is not verified yet. */
class Encoded {
  constructor(
    readonly exit: FfmpegExit,
    readonly log: FfmpegLog,
  ) {}
}

async function readOutput({ outputPath, signal }: TranscodeRequest): Promise<Mp3File | null> {
  try {
    return await readMp3File(outputPath, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function resultOf({ summary, sha256 }: Mp3File, encoding: TranscodeResult['encoding']): TranscodeResult {
  const durationMs = Math.round((summary.samples * 1000) / summary.sampleRate);
  return { durationMs, sizeBytes: summary.sizeBytes, sha256, encoding };
}

function failOversized(error: unknown): never {
  throw error instanceof OversizedStructureError ? conversionFailure('corrupt_source', error) : error;
}

function failWrite(error: unknown): never {
  const isFull = FULL_DISK.has((error as NodeJS.ErrnoException).code ?? '');
  throw isFull ? conversionFailure('resource_limit', error) : error;
}
