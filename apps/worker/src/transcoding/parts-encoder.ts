import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { encoderArguments } from '../ffmpeg/ffmpeg-arguments.js';
import type { LogFacts } from '../ffmpeg/log-facts.js';
import { FfmpegRunner, type EndedRun, type RunLimits } from './ffmpeg-runner.js';
import { joinParts } from './join-parts.js';
import { PartRuns, type PlannedRuns } from './part-runs.js';
import { PART_RULES, planParts } from './part-plan.js';
import { TakenCores } from './taken-cores.js';
import type { TranscodeRequest } from './transcoder.js';
import { unsupportedAudio } from './unsupported-audio.js';

export interface PartsOutcome {
  /** The run whose log describes the whole audio, with counts of the joined file; null if one process has to encode it. */
  readonly run: EndedRun | null;
  readonly parts: number;
  /** The rest of the job's limits. */
  readonly limits: RunLimits;
}

/**
 * Encodes long audio in several parts at the same time, on cores that no other job uses, and joins them to the MP3 that
 * one process would write. If anything about the parts is not as expected, one process has to encode everything.
 */
export class PartsEncoder {
  private readonly logger = new Logger(PartsEncoder.name);
  private fallbacks = 0;

  constructor(
    private readonly runner: FfmpegRunner,
    private readonly rules = PART_RULES,
  ) {}

  /** @param statedMs the length that the file states; null if it states none */
  async encode(request: TranscodeRequest, statedMs: number | null, tag: Buffer): Promise<PartsOutcome> {
    const { limits } = this.runner;
    const alone = { run: null, parts: 1, limits };
    if (statedMs === null || statedMs < this.rules.minDurationMs) return alone;
    const cores = TakenCores.take(request.spareCores, this.rules.maxParts - 1);
    const startedAt = performance.now();
    try {
      const plan = cores.count === 0 ? null : await this.plan(request, cores.count + 1);
      if (plan === null) return alone;
      const parts = plan.parts.length;
      cores.keep(parts - 1);
      const run = await this.encodePlanned(request, plan, cores, tag);
      return { run, parts, limits: this.rest(startedAt, parts) };
    } catch (error) {
      request.signal.throwIfAborted();
      this.countFallback(error);
      await rm(request.outputPath, { force: true });
      return { ...alone, limits: this.rest(startedAt, cores.count + 1) };
    } finally {
      cores.keep(0);
      await rm(partsFolder(request), { recursive: true, force: true });
    }
  }

  /** Counts and logs that encoding in parts failed and one process encodes everything. */
  countFallback(error: unknown): void {
    this.fallbacks++;
    const { fallbacks } = this;
    this.logger.warn({ msg: 'Encoding in parts failed; one process encodes all of it', err: error, fallbacks });
  }

  /** Returns null if one process is best, or if one has to run to find out what is wrong. */
  private async plan(request: TranscodeRequest, mostParts: number): Promise<PlannedRuns | null> {
    const { sourcePath, outputPath, signal } = request;
    const { limits, stallMs, env } = this.runner;
    const args = encoderArguments(sourcePath);
    const onProgress = (): void => undefined;
    const { exit, log } = await this.runner.run({ args, sourcePath, outputPath, signal, limits, stallMs, onProgress });
    const { choice, durationMs, encoder } = log.facts;
    if (exit.exitCode !== 0 || choice === null || durationMs === null || encoder === null) return null;
    if (isUnfit(log.facts) || durationMs > env.MAX_DURATION_SECONDS * 1000) return null;
    const channels = encoder.layout === 'mono' ? 1 : 2;
    const { decoder, streamIndex } = choice;
    const plan = planParts({ durationMs, decoder, sampleRate: encoder.sampleRate, channels }, mostParts, this.rules);
    return plan === null ? null : { ...plan, durationMs, encoder, streamIndex };
  }

  private async encodePlanned(
    request: TranscodeRequest,
    plan: PlannedRuns,
    cores: TakenCores,
    tag: Buffer,
  ): Promise<EndedRun> {
    const { outputPath, signal } = request;
    const paths = plan.parts.map((_, index) => join(partsFolder(request), String(index + 1), 'part.mp3'));
    // Each part has its own folder, because a process can write anywhere in its folder.
    for (const path of paths) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const runs = await new PartRuns(this.runner, request, plan).run(paths, () => cores.giveBack());
    const parts = plan.parts.map((part, index) => {
      return { part, path: paths[index] ?? '', output: runs[index]?.output ?? NO_OUTPUT };
    });
    const { frames, frameBytes } = await joinParts({ parts, tag, outputPath, signal });
    const [last, lastPart] = [runs.at(-1), plan.parts.at(-1)];
    if (last === undefined || lastPart === undefined) throw new Error('no parts');
    // The last part decoded everything, so its log describes the whole source.
    const samples = lastPart.encodedFrom * plan.samplesPerFrame + last.output.samples;
    last.run.log.facts.output = { samples, packets: frames, bytes: frameBytes };
    return last.run;
  }

  /** Returns the limits less the most that the parts can have used: all of their cores, all the time. */
  private rest(startedAt: number, parts: number): RunLimits {
    const { limits } = this.runner;
    const elapsedMs = performance.now() - startedAt;
    const cpuSeconds = Math.max(1, Math.floor(limits.cpuSeconds - (elapsedMs / 1000) * parts));
    return { ...limits, cpuSeconds, timeoutMs: Math.max(1, limits.timeoutMs - elapsedMs) };
  }
}

const NO_OUTPUT = { samples: 0, packets: 0, bytes: 0 };

function isUnfit(facts: LogFacts): boolean {
  return unsupportedAudio(facts) !== null || facts.formatChanges > 0;
}

function partsFolder({ outputPath }: TranscodeRequest): string {
  return join(dirname(outputPath), 'parts');
}
