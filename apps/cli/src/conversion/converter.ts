import { join } from 'node:path';
import { Failure, Stopped } from '../failure.js';
import type { Session } from '../profile/session.js';
import { hasEnded, type Job } from '../service/job.js';
import { GaveUp, pause, type Patience } from '../service/patience.js';
import { INTERNAL_ERROR, Refusal, Unreachable } from '../service/refusal.js';
import type { ServiceClient } from '../service/service-client.js';
import { UploadForm } from '../service/upload-form.js';
import type { Conversion, Ending } from './conversion.js';
import { fetchOutput } from './fetch-output.js';
import { alreadyThere } from './output-file.js';
import { collisionKey, outputNameFromService, outputPath } from './output-name.js';
import { checkOutput, checkSource, unreadable, type Placing } from './plan.js';
import { Slots } from './slots.js';

/** More would only share the same line, and each would take longer to be of use. */
const UPLOADS = 3;
const DOWNLOADS = 3;
/** Uploads that broke after their start. */
const BROKEN_UPLOADS = 4;
const POLL_MS = 500;
/** However many conversions are waited for, the service is asked no more often than this many times in `POLL_MS`. */
const POLLS = 4;

export interface ConverterOptions {
  readonly client: ServiceClient;
  readonly session: Session;
  readonly patience: Patience;
  readonly placing: Placing;
  readonly signal: AbortSignal;
  /** What to type to fetch a job's MP3 later. */
  readonly fetchLater: (jobId: string) => string;
}

/** Takes conversions from the file to the MP3, several side by side. */
export class Converter {
  private readonly uploads = new Slots(UPLOADS);
  private readonly downloads = new Slots(DOWNLOADS);
  private readonly chosen = new Set<string>();
  private polling = 0;

  constructor(private readonly options: ConverterOptions) {}

  /** Ends the conversion in one way or another; never throws. */
  async run(conversion: Conversion): Promise<void> {
    try {
      await this.convert(conversion);
      conversion.moveTo('done');
    } catch (error) {
      if (error instanceof Stopped || this.options.signal.aborted) conversion.moveTo('stopped');
      else conversion.fail(this.endingOf(conversion, error));
    }
  }

  private async convert(conversion: Conversion): Promise<void> {
    if (conversion.source !== null) await this.upload(conversion, conversion.source);
    const job = await this.untilEnded(conversion);
    if (job.status !== 'DONE') throw failureOf(job);
    const output = conversion.output ?? (await this.chooseOutput(conversion, job));
    await this.downloads.use(() => this.download(conversion, job, output));
  }

  private async upload(conversion: Conversion, source: string): Promise<void> {
    const { placing, patience } = this.options;
    conversion.output = outputPath(source, placing.folder);
    conversion.sizeBytes = await checkSource(source, placing);
    conversion.moveTo('waiting');
    await this.uploads.use(async () => {
      let broken = 0;
      const job = await patience.persist(async (goesOn) => {
        try {
          return await this.sendOnce(conversion, source, goesOn);
        } catch (error) {
          // Not for ever: something on the way may break each long upload, or the service stumble over each.
          if (isBroken(error, conversion) && ++broken === BROKEN_UPLOADS) throw new GaveUp(error);
          throw error;
        }
      });
      conversion.follow(job);
    });
  }

  /**
   * Sends the video from its start. Where only the answer was lost, the job may exist already: sending it again then
   * costs a second conversion, and no harm is done.
   */
  private async sendOnce(conversion: Conversion, source: string, goesOn: () => void): Promise<Job> {
    if (this.options.signal.aborted) throw new Stopped();
    conversion.moveTo('uploading', 0);
    const form = await UploadForm.open(source).catch((error: NodeJS.ErrnoException) => {
      throw unreadable(error);
    });
    try {
      return await this.options.session.use((token) =>
        this.options.client.upload(form, token, (bytes) => {
          goesOn();
          if (bytes < form.sizeBytes) conversion.moveTo('uploading', bytes / form.sizeBytes);
          else conversion.moveTo('storing', 1);
        }),
      );
    } finally {
      await form.close();
    }
  }

  private async untilEnded(conversion: Conversion): Promise<Job> {
    const { client, session, patience, signal } = this.options;
    const jobId = conversion.jobId ?? '';
    this.polling += 1;
    try {
      for (;;) {
        const job = await patience.persist(() => session.use((token) => client.status(jobId, token)));
        conversion.follow(job);
        if (hasEnded(job)) return job;
        await pause(Math.max(1, this.polling / POLLS) * POLL_MS, signal);
      }
    } finally {
      this.polling -= 1;
    }
  }

  private async download(conversion: Conversion, job: Job, output: string): Promise<void> {
    conversion.moveTo('downloading', 0);
    const { client, session, patience, placing } = this.options;
    await fetchOutput({
      job,
      output,
      force: placing.force,
      patience,
      open: (from, etag) => session.use((token) => client.download(job.id, token, from, etag)),
      onReceived: (bytes) => conversion.moveTo('downloading', job.output_size ? bytes / job.output_size : 0),
    });
  }

  /** Of a job whose video was uploaded before: only its name is known. */
  private async chooseOutput(conversion: Conversion, job: Job): Promise<string> {
    const { placing } = this.options;
    const output = join(placing.folder ?? '.', outputNameFromService(job.filename));
    conversion.output = output;
    // Also with --force, two jobs of one name are two MP3s.
    const key = collisionKey(output);
    if (this.chosen.has(key)) throw alreadyThere(output);
    this.chosen.add(key);
    await checkOutput(null, output, placing.force);
    return output;
  }

  private endingOf({ jobId, source }: Conversion, error: unknown): Ending {
    if (error instanceof Refusal || error instanceof JobFailure) return { code: error.code, message: error.message };
    // Whoever fetches a job knows its id.
    const later = jobId === null || source === null ? '' : ` Fetch it later: ${this.options.fetchLater(jobId)}`;
    if (error instanceof GaveUp) {
      const what = jobId === null ? 'The upload was given up.' : 'Waiting was given up.';
      return { code: error.code, message: `${error.message} ${what}${later}` };
    }
    if (error instanceof Failure) return { code: error.code, message: `${error.message}${later}` };
    return { code: 'unexpected', message: `Something went wrong here: ${(error as Error).message}.${later}` };
  }
}

/** The service has tried, and there is no MP3. */
class JobFailure extends Failure {}

function isBroken(error: unknown, { part }: Conversion): error is Unreachable | Refusal {
  return error instanceof Unreachable ? part > 0 : error instanceof Refusal && error.status === INTERNAL_ERROR;
}

function failureOf({ status, error, error_message: message }: Job): JobFailure {
  if (status === 'CANCELED') return new JobFailure('job_canceled', 'The conversion was canceled.');
  return new JobFailure(error ?? 'unknown_error', message ?? 'The conversion failed.');
}
