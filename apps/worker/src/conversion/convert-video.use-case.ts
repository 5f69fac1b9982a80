import { join } from 'node:path';
import type { ClaimedJob, Output } from '@app/database';
import { DomainError, isFailureCode, isRetriedAfter, type FailureCode } from '@app/domain';
import { failpoint } from '@app/failpoints';
import type { Disposition } from '@app/messaging';
import { ObjectStorage, outputKey } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import type { SpareCores, TranscodeProgress } from '../transcoding/index.js';
import type { HeldLease } from './held-lease.js';
import { JobFinisher } from './job-finisher.js';
import { JobWorkspace } from './job-workspace.js';
import { LeaseKeeper } from './lease-keeper.js';
import { mapFailure } from './map-failure.js';
import { retryDelayMs } from './retry-delay.js';
import { SourceConverter } from './source-converter.js';
import { StepTimes } from './step-times.js';
import { LeaseLostError, ShutdownError } from './stop-reasons.js';

interface Run {
  readonly job: ClaimedJob;
  readonly held: HeldLease;
  readonly folder: string;
  readonly spareCores: SpareCores | undefined;
  readonly steps: StepTimes;
}

interface ProducedOutput extends Output {
  /** For the log. */
  readonly parts: number;
}

/** Runs one claimed job: fetches the source into a private folder, converts it, stores the output, and writes the outcome. */
@Injectable()
export class ConvertVideoUseCase {
  private readonly logger = new Logger(ConvertVideoUseCase.name);

  constructor(
    private readonly storage: ObjectStorage,
    private readonly converter: SourceConverter,
    private readonly keeper: LeaseKeeper,
    private readonly finisher: JobFinisher,
    private readonly workspace: JobWorkspace,
  ) {}

  /**
   * @param spareCores cores that long audio can also be encoded on
   * @param steps the durations of the steps before
   */
  async execute(job: ClaimedJob, spareCores?: SpareCores, steps = new StepTimes()): Promise<Disposition> {
    const held = this.keeper.hold(job);
    try {
      await this.workspace.with(job.token, async (folder) => {
        const output = await this.produce({ job, held, folder, spareCores, steps });
        const { durationMs, parts } = output;
        // Before the folder is removed, because the user waits for this.
        const outcome = await this.finisher.markDone(job, output, held.signal);
        if (outcome === 'lost') throw new LeaseLostError();
        steps.end('finish');
        this.logger.log({ msg: 'Converted', attempt: job.attempt, duration_ms: durationMs, parts, steps_ms: steps.ms });
      });
      return 'ack';
    } catch (error) {
      return await this.settle(job, held, error);
    } finally {
      this.keeper.forget(job.token);
    }
  }

  private async produce({ job, held, folder, spareCores, steps }: Run): Promise<ProducedOutput> {
    const { signal } = held;
    const sourcePath = join(folder, 'source');
    const outputPath = join(folder, 'output.mp3');
    const request = {
      sourcePath,
      outputPath,
      signal,
      spareCores,
      onProgress: ({ percent }: TranscodeProgress) => held.reportProgress(percent),
      onStep: (step: string) => steps.end(step),
    };
    const converted = await this.converter.convert(job.sourceKey, request, () => steps.end('fetch'));
    const { durationMs, sizeBytes, sha256, encoding, parts } = converted;
    const key = outputKey(job.jobId, job.attempt, job.token);
    await mapFailure('storage_upload_failed', signal, async () => {
      failpoint('output.object-write.before');
      const stored = await this.storage.writeFile(key, outputPath, { contentType: 'audio/mpeg', signal });
      failpoint('output.object-write.after');
      if (stored.sizeBytes !== sizeBytes) throw new Error(`Stored ${stored.sizeBytes} of ${sizeBytes} bytes`);
    });
    steps.end('store');
    return { key, sizeBytes, sha256, durationMs, encoding, parts };
  }

  private async settle(job: ClaimedJob, held: HeldLease, error: unknown): Promise<Disposition> {
    try {
      held.signal.throwIfAborted();
      if (error instanceof LeaseLostError) throw error;
      await this.endFailed(job, error, held.signal);
      return 'ack';
    } catch (reason) {
      const disposition = reason instanceof ShutdownError ? await this.giveBack(job) : 'ack';
      await this.discardOutput(job);
      return disposition;
    }
  }

  private async endFailed(job: ClaimedJob, error: unknown, signal: AbortSignal): Promise<void> {
    const code = failureCodeOf(error);
    const params = error instanceof DomainError ? error.failureParams : {};
    const isRetried = isRetriedAfter(code, job);
    this.logger.warn({ msg: 'The conversion failed', code, attempt: job.attempt, is_retried: isRetried, err: error });
    if (isRetried) await this.finisher.retryLater(job, retryDelayMs(job.countedAttempts), signal);
    else await this.finisher.markFailed(job, { code, params }, signal);
    if (code === 'storage_upload_failed') await this.discardOutput(job);
  }

  private async giveBack(job: ClaimedJob): Promise<Disposition> {
    // The attempt of a stalled worker counts: otherwise a file that freezes workers would be retried for ever.
    if (!this.keeper.wasStalled(job.token)) await this.finisher.giveBack(job);
    return 'requeue';
  }

  private async discardOutput(job: ClaimedJob): Promise<void> {
    const key = outputKey(job.jobId, job.attempt, job.token);
    if (!(await this.finisher.isOutputUnwanted(job, key))) return;
    await this.storage.delete(key).catch((error: unknown) => {
      this.logger.warn({
        msg: 'An unneeded output could not be deleted; the object sweeper will delete it',
        err: error,
      });
    });
  }
}

function failureCodeOf(error: unknown): FailureCode {
  return error instanceof DomainError && isFailureCode(error.code) ? error.code : 'unknown_error';
}
