import { encodeArguments, type AudioSection, type EncoderInput } from '../ffmpeg/ffmpeg-arguments.js';
import { FfmpegError } from '../ffmpeg/ffmpeg-error.js';
import type { LogFacts, OutputCounts } from '../ffmpeg/log-facts.js';
import { LEAD_OUT_FRAMES, type JoinedPart } from '../mp3/mp3-join.js';
import { DATA_BYTES } from '../sandbox/sandbox.js';
import { mp3FileBytes, type EndedRun, type FfmpegRunner, type RunLimits } from './ffmpeg-runner.js';
import type { PartPlan } from './part-plan.js';
import { PartsProgress } from './parts-progress.js';
import { runAll } from './run-all.js';
import type { TranscodeRequest } from './transcoder.js';

export interface PlannedRuns extends PartPlan {
  readonly durationMs: number;
  readonly encoder: EncoderInput;
  /** The number of the track that ffmpeg chooses. */
  readonly streamIndex: number;
}

export interface PartRun {
  readonly run: EndedRun;
  readonly output: OutputCounts;
}

/** Runs an ffmpeg process for each part of a plan, all at once. Together they have the limits of one process. */
export class PartRuns {
  private readonly progress: PartsProgress;
  private readonly stall = new AbortController();
  private stallTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runner: FfmpegRunner,
    private readonly request: TranscodeRequest,
    private readonly plan: PlannedRuns,
  ) {
    this.progress = new PartsProgress(plan.parts, this.secondsOf(1) * 1000, plan.durationMs);
  }

  /**
   * Writes each part to its path. Rejects as soon as one fails, after all processes are gone.
   * @param onPartEnd called for each part but the last to end
   */
  async run(paths: readonly string[], onPartEnd: () => void): Promise<PartRun[]> {
    const { signal } = this.request;
    this.stallTimer = setTimeout(() => this.stall.abort(new Error('no part makes progress')), this.runner.stallMs);
    try {
      return await runAll(signal, (anyFailed) => {
        const stop = AbortSignal.any([anyFailed, this.stall.signal]);
        return this.plan.parts.map((part, index) =>
          this.runPart(part, index, paths[index] ?? '', stop).finally(onPartEnd),
        );
      });
    } finally {
      clearTimeout(this.stallTimer);
    }
  }

  private async runPart(part: JoinedPart, index: number, outputPath: string, signal: AbortSignal): Promise<PartRun> {
    const { sourcePath } = this.request;
    const { encoder, samplesPerFrame } = this.plan;
    const section: AudioSection = {
      encoder,
      startSample: part.encodedFrom * samplesPerFrame,
      endSample: part.end === null ? null : (part.end + LEAD_OUT_FRAMES) * samplesPerFrame,
    };
    const maxDurationSeconds = this.runner.env.MAX_DURATION_SECONDS - this.secondsOf(part.encodedFrom);
    const run = await this.runner.run({
      args: encodeArguments({ sourcePath, outputPath, maxDurationSeconds, tagBytes: 0, section }),
      sourcePath,
      outputPath,
      signal,
      limits: this.limitsOf(part),
      // A late part makes no progress while it decodes everything before it. The timer of all parts is used instead.
      stallMs: this.runner.limits.timeoutMs,
      onProgress: (outTimeMs) => {
        this.stallTimer?.refresh();
        this.request.onProgress(this.progress.update(index, outTimeMs));
      },
    });
    const { facts, tail } = run.log;
    const fault = exitFault(run) ?? this.sourceFault(facts) ?? outputFault(facts, section);
    if (fault !== null || facts.output === null) {
      throw new FfmpegError(`part ${index + 1}: ${fault ?? 'no output'}`, run.exit, tail);
    }
    return { run, output: facts.output };
  }

  private limitsOf({ encodedFrom, end }: JoinedPart): RunLimits {
    const { runner, plan } = this;
    const count = plan.parts.length;
    const endSeconds = end === null ? runner.env.MAX_DURATION_SECONDS + 1 : this.secondsOf(end + LEAD_OUT_FRAMES);
    return {
      cpuSeconds: Math.max(1, Math.floor(runner.limits.cpuSeconds / count)),
      fileSizeBytes: mp3FileBytes(endSeconds - this.secondsOf(encodedFrom)),
      timeoutMs: runner.limits.timeoutMs,
      dataBytes: Math.floor(DATA_BYTES / count),
      // The first part has the usual priority; the others yield to jobs that start later.
      isLowPriority: encodedFrom > 0,
    };
  }

  /** Describes damage or a change of format: one process then encodes the source, and its log says what is wrong. */
  private sourceFault(facts: LogFacts): string | null {
    const { encoder, streamIndex } = this.plan;
    if (facts.choice?.streamIndex !== streamIndex) return 'another track';
    if (!isSameInput(facts.encoder, encoder)) return 'another format';
    if (facts.formatChanges > 0) return 'a format that changes';
    if (facts.has('readError')) return 'the source could not be read';
    return facts.demuxerDamage ?? facts.decoderDamage;
  }

  private secondsOf(frames: number): number {
    return (frames * this.plan.samplesPerFrame) / this.plan.encoder.sampleRate;
  }
}

function exitFault({ exit }: EndedRun): string | null {
  if (exit.stoppedBy !== null) return exit.stoppedBy;
  return exit.exitCode === 0 ? null : `ended by ${exit.signal ?? `exit code ${exit.exitCode}`}`;
}

function outputFault({ output }: LogFacts, { startSample, endSample }: AudioSection): string | null {
  if (output === null) return 'no counts at the end of the log';
  const isComplete = endSample === null || output.samples === endSample - startSample;
  return isComplete ? null : `${output.samples} samples instead of ${endSample - startSample}`;
}

function isSameInput(a: EncoderInput | null, b: EncoderInput): boolean {
  return a !== null && a.format === b.format && a.layout === b.layout && a.sampleRate === b.sampleRate;
}
