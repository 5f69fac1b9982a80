import pLimit from 'p-limit';
import { join } from 'node:path';
import {
  AbortedError,
  isTemporary,
  JobPoller,
  ProblemError,
  RetryTimeoutError,
  type Availability,
  type ConversionJob,
  type RetryPolicy,
  type TemporaryError,
} from '@app/client';
import { Failure, failureOf } from '../failure.js';
import type { Session } from '../profile/session.js';
import type { Service } from '../service/service.js';
import { UploadForm } from '../service/upload-form.js';
import { Cancellation } from './cancellation.js';
import type { Conversion, ConversionFailure } from './conversion.js';
import { fetchOutput } from './fetch-output.js';
import { outputExists } from './output-file.js';
import { collisionKey, outputNameFromService } from './output-name.js';
import { outputPath, type OutputOptions } from './output-options.js';
import { checkOutput, checkSource, unreadable } from './preflight.js';

/** More would share the same connection, and each would take longer. */
const UPLOADS = 3;
const DOWNLOADS = 3;
/** The limit of uploads that break after their start. */
const BROKEN_UPLOADS = 4;
const POLL_MS = 500;
const INTERNAL_ERROR = 500;

export interface ConverterOptions {
  readonly service: Service;
  readonly session: Session;
  readonly retry: RetryPolicy;
  readonly availability: Availability;
  readonly timeoutMs: number;
  readonly output: OutputOptions;
  /** True if the service sends an email when a conversion ends. */
  readonly notify: boolean;
  /** True if the command ends after the uploads. */
  readonly detach: boolean;
  readonly signal: AbortSignal;
  /** Returns the command that fetches a job's MP3 later. */
  readonly fetchLater: (jobId: string) => string;
}

/** Takes conversions from the file to the MP3, several side by side. */
export class Converter {
  private readonly uploads = pLimit(UPLOADS);
  private readonly downloads = pLimit(DOWNLOADS);
  private readonly chosenOutputs = new Set<string>();
  private readonly poller: JobPoller;
  private readonly cancellation: Cancellation;

  constructor(private readonly options: ConverterOptions) {
    const { service, session, availability, timeoutMs } = options;
    this.poller = new JobPoller({
      status: (jobId) => session.use((token) => service.client.jobStatus(jobId, token)),
      intervalMs: () => POLL_MS,
      availability,
      timeoutMs,
    });
    this.cancellation = new Cancellation(service.url, session);
  }

  /** Ends the conversion as done, failed or stopped; never rejects. */
  async run(conversion: Conversion): Promise<void> {
    try {
      if (conversion.source !== null) await this.upload(conversion, conversion.source);
      if (!this.options.detach) await this.download(conversion);
      conversion.moveTo(this.options.detach ? 'uploaded' : 'done');
    } catch (error) {
      if (error instanceof AbortedError || this.options.signal.aborted) await this.stop(conversion);
      else conversion.fail(this.failureFor(conversion, error));
    }
  }

  /** Cancels the job if this command has created it. */
  private async stop(conversion: Conversion): Promise<void> {
    const { jobId, source } = conversion;
    if (jobId !== null && source !== null) conversion.isCanceled = await this.cancellation.cancel(jobId);
    conversion.moveTo('stopped');
  }

  /** Waits for the MP3 first. */
  private async download(conversion: Conversion): Promise<void> {
    const job = await this.poller.waitUntilEnded(
      conversion.jobId ?? '',
      (status) => conversion.follow(status),
      this.options.signal,
    );
    if (job.status !== 'DONE') throw jobFailure(job);
    const output = conversion.output ?? (await this.chooseOutput(conversion, job));
    await this.downloads(() => this.fetch(conversion, job, output));
  }

  private async upload(conversion: Conversion, source: string): Promise<void> {
    const { output, retry, detach } = this.options;
    conversion.sizeBytes = await checkSource(source);
    if (!detach) {
      conversion.output = outputPath(source, output);
      await checkOutput(source, conversion.output, output.force);
    }
    conversion.moveTo('waiting');
    await this.uploads(async () => {
      let broken = 0;
      const job = await retry.run(async (onProgress) => {
        try {
          return await this.sendOnce(conversion, source, onProgress);
        } catch (error) {
          // Bounded, because a gateway can break each long upload, and the service can fail at each.
          if (isBroken(error, conversion) && ++broken === BROKEN_UPLOADS) throw new RetryTimeoutError(error);
          throw error;
        }
      });
      conversion.follow(job);
    });
  }

  /**
   * Sends the video from its start. If only the response was lost, the job can exist already: then the service converts
   * the video twice, and one MP3 is written.
   */
  private async sendOnce(conversion: Conversion, source: string, onProgress: () => void): Promise<ConversionJob> {
    const { service, session, signal, notify } = this.options;
    if (signal.aborted) throw new AbortedError('The upload was aborted.');
    conversion.moveTo('uploading', 0);
    const form = await UploadForm.open(source, notify ? { notify: 'email' } : {}).catch(
      (error: NodeJS.ErrnoException) => {
        throw unreadable(error);
      },
    );
    const onSent = (bytes: number, totalBytes: number): void => {
      onProgress();
      conversion.moveTo(bytes < totalBytes ? 'uploading' : 'storing', bytes / totalBytes);
    };
    try {
      return await session.use((token) => service.client.upload({ source: form, token, onProgress: onSent }));
    } finally {
      await form.close();
    }
  }

  private async fetch(conversion: Conversion, job: ConversionJob, output: string): Promise<void> {
    conversion.moveTo('downloading', 0);
    const { service, session, retry } = this.options;
    await fetchOutput({
      job,
      output,
      force: this.options.output.force,
      retry,
      open: (from, etag) => session.use((token) => service.client.download(job.id, { token, from, etag })),
      onReceived: (bytes) => conversion.moveTo('downloading', job.output_size ? bytes / job.output_size : 0),
    });
  }

  /** Chooses the path for a job of an earlier command, of which only the name is known. */
  private async chooseOutput(conversion: Conversion, job: ConversionJob): Promise<string> {
    const { file, folder, force } = this.options.output;
    const output = file ?? join(folder ?? '.', outputNameFromService(job.filename));
    conversion.output = output;
    // Even with --force, two jobs of one name are two MP3s.
    const key = collisionKey(output);
    if (this.chosenOutputs.has(key)) throw outputExists(output);
    this.chosenOutputs.add(key);
    await checkOutput(null, output, force);
    return output;
  }

  private failureFor({ jobId, source }: Conversion, error: unknown): ConversionFailure {
    // A user who fetches a job knows its id.
    const later = jobId === null || source === null ? '' : ` Fetch it later: ${this.options.fetchLater(jobId)}`;
    const failure = failureOf(error);
    if (failure === null) {
      return { code: 'unexpected', message: `An unexpected error occurred: ${(error as Error).message}.${later}` };
    }
    const { code, message } = failure;
    if (error instanceof ProblemError || error instanceof JobFailure) return { code, message };
    if (!(error instanceof RetryTimeoutError)) return { code, message: `${message}${later}` };
    const what = jobId === null ? 'The upload was given up.' : 'Waiting was given up.';
    return { code, message: `${message} ${what}${later}` };
  }
}

/** The service has tried, and there is no MP3. */
class JobFailure extends Failure {}

function isBroken(error: unknown, { fraction }: Conversion): error is TemporaryError {
  if (error instanceof ProblemError) return error.status === INTERNAL_ERROR;
  return isTemporary(error) && fraction > 0;
}

function jobFailure({ error, error_message: message }: ConversionJob): JobFailure {
  return new JobFailure(error ?? 'unknown_error', message ?? 'The conversion failed.');
}
