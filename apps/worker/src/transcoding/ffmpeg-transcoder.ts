import { rm } from 'node:fs/promises';
import { conversionFailure } from '@app/domain';
import { choiceArguments, encodeArguments } from '../ffmpeg/ffmpeg-arguments.js';
import type { FfmpegEnv } from '../ffmpeg/ffmpeg.env.js';
import { FfmpegError } from '../ffmpeg/ffmpeg-error.js';
import { FileWindow } from '../containers/file-window.js';
import { copyMp3 } from './mp3-copy.js';
import { readMp3File, type Mp3File } from '../mp3/mp3-file.js';
import { CopyNotPossibleError } from './copy-not-possible-error.js';
import { percentOf } from '../ffmpeg/progress-reader.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { FfmpegRunner, type EndedRun, type RunLimits } from './ffmpeg-runner.js';
import { PART_RULES } from './part-plan.js';
import { PartsEncoder } from './parts-encoder.js';
import { runAll } from './run-all.js';
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

const FULL_DISK = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Runs one contained ffmpeg process for most files, several for long ones, and none for most MP3 tracks, which are
 * copied. Checks the logs and the output.
 */
export class FfmpegTranscoder extends Transcoder {
  private readonly runner: FfmpegRunner;
  private readonly parts: PartsEncoder;

  constructor(
    private readonly env: FfmpegEnv,
    sandbox: Sandbox,
    partRules = PART_RULES,
  ) {
    super();
    this.runner = new FfmpegRunner(env, sandbox);
    this.parts = new PartsEncoder(this.runner, partRules);
  }

  override async transcode(request: TranscodeRequest): Promise<TranscodeResult> {
    const [result, source] = await runAll<[TranscodeResult | Encoded, SourceStructure]>(request.signal, (signal) => {
      const reading = startReading(request.sourcePath, signal);
      return [this.produce({ ...request, signal }, reading), reading.structure];
    }).catch(failOversized);
    if (!(result instanceof Encoded)) return result;
    const checked = await this.checked(request, result, source);
    request.onStep?.('verify');
    return checked;
  }

  /** Copies an MP3 track. Any other is encoded while the structure of the file is still being read. */
  private async produce(request: TranscodeRequest, reading: SourceReading): Promise<TranscodeResult | Encoded> {
    const tag = writeId3Tag(await readTags(request.sourcePath, request.signal));
    const { hasMp3, statedMs } = await reading.tracks;
    request.onStep?.('prepare');
    if (hasMp3) {
      const copied = await this.copy(request, await reading.structure, tag);
      request.onStep?.('copy');
      if (copied !== null) return copied;
    }
    const encoded = await this.encode(request, statedMs, tag);
    request.onStep?.('encode');
    return encoded;
  }

  private async encode(request: TranscodeRequest, statedMs: number | null, tag: Buffer): Promise<Encoded> {
    const { run, parts, limits } = await this.parts.encode(request, statedMs, tag);
    const again = (): Promise<Encoded> => this.encodeAlone(request, tag, limits);
    return run === null ? again() : new Encoded(run, parts, again);
  }

  private async encodeAlone(request: TranscodeRequest, tag: Buffer, limits: RunLimits): Promise<Encoded> {
    const run = await this.runAlone(request, tag.length, limits);
    if (tag.length > 0) await writeIntoTagRoom(request.outputPath, tag).catch(failWrite);
    return new Encoded(run, 1, () => this.encodeAlone(request, tag, limits));
  }

  /** Runs a second process if ffmpeg chose a track that it cannot convert, and there is one that it can. */
  private async runAlone(request: TranscodeRequest, tagBytes: number, limits: RunLimits): Promise<EndedRun> {
    const { sourcePath, outputPath } = request;
    const options = { sourcePath, outputPath, tagBytes, maxDurationSeconds: this.env.MAX_DURATION_SECONDS };
    const run = await this.run(request, encodeArguments(options), limits);
    const { facts } = run.log;
    const track = unsupportedAudio(facts) === null ? null : alternativeTrack(facts);
    return track === null ? run : this.run(request, encodeArguments({ ...options, track }), limits);
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
    const { exit, log } = encoded.run;
    const maxDurationMs = this.env.MAX_DURATION_SECONDS * 1000;
    const failure = verifyOutput({ exit, facts: log.facts, source, maxDurationMs, mp3: mp3?.summary ?? null });
    if (failure === null && mp3 !== null) return resultOf(mp3, 'encoded', encoded.parts);
    await rm(request.outputPath, { force: true });
    const { code, params, reason } = failure ?? { code: 'unknown_error', params: {}, reason: 'no output' };
    const cause = new FfmpegError(reason, exit, log.tail);
    if (encoded.parts === 1) throw conversionFailure(code, cause, params);
    this.parts.countFallback(cause);
    return this.checked(request, await encoded.again(), source);
  }

  private run(request: TranscodeRequest, args: readonly string[], limits = this.runner.limits): Promise<EndedRun> {
    const { sourcePath, outputPath, signal } = request;
    return this.runner.run({
      args,
      sourcePath,
      outputPath,
      signal,
      limits,
      stallMs: this.runner.stallMs,
      onProgress: (outTimeMs, durationMs) =>
        request.onProgress({ percent: percentOf(outTimeMs, durationMs), outTimeMs }),
    });
  }
}

/** An MP3 that is encoded and not verified yet. */
class Encoded {
  constructor(
    readonly run: EndedRun,
    readonly parts: number,
    /** Encodes the source again without parts. */
    readonly again: () => Promise<Encoded>,
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

function resultOf({ summary, sha256 }: Mp3File, encoding: TranscodeResult['encoding'], parts = 1): TranscodeResult {
  const durationMs = Math.round((summary.samples * 1000) / summary.sampleRate);
  return { durationMs, sizeBytes: summary.sizeBytes, sha256, encoding, parts };
}

function failOversized(error: unknown): never {
  throw error instanceof OversizedStructureError ? conversionFailure('corrupt_source', error) : error;
}

function failWrite(error: unknown): never {
  const isFull = FULL_DISK.has((error as NodeJS.ErrnoException).code ?? '');
  throw isFull ? conversionFailure('resource_limit', error) : error;
}
