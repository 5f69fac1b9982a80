import type { Availability } from './availability.js';
import { hasEnded, type ConversionJob } from './conversion-job.js';
import { AbortedError, isTemporary, ProblemError, type TemporaryError } from './problem.js';
import { backOffMs, RetryTimeoutError } from './retry-policy.js';

const REQUESTS_AT_A_TIME = 6;

export interface JobListener {
  readonly onJob: (job: ConversionJob) => void;
  /** The status of this job is not requested again. */
  readonly onError: (error: unknown) => void;
}

export interface JobPollerOptions {
  readonly status: (jobId: string) => Promise<ConversionJob>;
  readonly intervalMs: () => number;
  readonly availability: Availability;
  /** The token is invalid. The poller is paused until `resume`. */
  readonly onUnauthorized?: () => void;
  /** The time for which an unavailable service is retried. No limit by default. */
  readonly timeoutMs?: number;
}

interface PolledJob extends JobListener {
  readonly jobId: string;
  /** Null before the first request. */
  requestedAt: number | null;
}

/** The result of a request, as far as it concerns all jobs. */
type Outcome = 'responded' | 'unauthorized' | TemporaryError;

/** Requests the status of jobs until they end, a few at a time, and less and less often while the service is unavailable. */
export class JobPoller {
  private readonly jobs = new Set<PolledJob>();
  private failures = 0;
  private unavailableSince = Number.NaN;
  private isRequesting = false;
  private isPaused = false;
  /** Incremented by each pause, to recognize late responses to requests with an old token. */
  private generation = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: JobPollerOptions) {}

  /** Returns a function that ends the requests for this job. */
  add(jobId: string, listener: JobListener): () => void {
    const job = { ...listener, jobId, requestedAt: null };
    this.jobs.add(job);
    if (this.failures === 0) this.pollNow();
    return () => {
      this.jobs.delete(job);
      if (this.jobs.size === 0) clearTimeout(this.timer);
    };
  }

  /** Resolves when the job has ended. */
  async waitUntilEnded(
    jobId: string,
    onJob: (job: ConversionJob) => void,
    signal: AbortSignal,
  ): Promise<ConversionJob> {
    let abort = (): void => undefined;
    const ended = new Promise<ConversionJob>((resolve, reject) => {
      const remove = this.add(jobId, {
        onJob: (job) => {
          onJob(job);
          if (hasEnded(job)) resolve(job);
        },
        onError: reject,
      });
      abort = (): void => {
        remove();
        reject(new AbortedError('The request was aborted.'));
      };
    });
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    return ended.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Requests the next statuses without waiting for the interval. */
  pollNow(): void {
    this.schedule(0);
  }

  pause(): void {
    this.isPaused = true;
    this.generation += 1;
    clearTimeout(this.timer);
  }

  resume(): void {
    this.isPaused = false;
    this.pollNow();
  }

  stop(): void {
    this.pause();
    this.jobs.clear();
  }

  private schedule(pauseMs: number): void {
    clearTimeout(this.timer);
    if (!this.isRequesting && !this.isPaused) this.timer = setTimeout(() => void this.poll(), pauseMs);
  }

  private async poll(): Promise<void> {
    if (this.jobs.size === 0) {
      this.succeeded();
      return;
    }
    const { generation } = this;
    this.isRequesting = true;
    const next = [...this.jobs].toSorted((a, b) => (a.requestedAt ?? -1) - (b.requestedAt ?? -1));
    const outcomes = await Promise.all(next.slice(0, REQUESTS_AT_A_TIME).map((job) => this.request(job)));
    this.isRequesting = false;
    if (this.generation === generation) this.conclude(outcomes);
    // Otherwise the user signed out or signed in again, and these responses are out of date.
    else this.pollNow();
  }

  private async request(job: PolledJob): Promise<Outcome> {
    try {
      const status = await this.options.status(job.jobId);
      if (!this.jobs.has(job)) return 'responded';
      if (hasEnded(status)) this.jobs.delete(job);
      job.onJob(status);
      return 'responded';
    } catch (error) {
      if (isTemporary(error)) return error;
      if (error instanceof ProblemError && error.isUnauthorized && this.options.onUnauthorized) return 'unauthorized';
      if (this.jobs.delete(job)) job.onError(error);
      return 'responded';
    } finally {
      job.requestedAt = performance.now();
    }
  }

  private conclude(outcomes: readonly Outcome[]): void {
    const failures = outcomes.filter((outcome) => typeof outcome === 'object');
    const [reason] = failures;
    if (reason !== undefined && failures.length === outcomes.length) this.failed(reason);
    else this.succeeded();
    if (outcomes.includes('unauthorized')) {
      this.pause();
      this.options.onUnauthorized?.();
    } else {
      this.schedule(this.pauseMs());
    }
  }

  private succeeded(): void {
    this.failures = 0;
    this.unavailableSince = Number.NaN;
    this.options.availability.succeeded(this);
  }

  private failed(reason: TemporaryError): void {
    const { availability, timeoutMs = Number.POSITIVE_INFINITY } = this.options;
    this.failures += 1;
    if (Number.isNaN(this.unavailableSince)) this.unavailableSince = performance.now();
    if (performance.now() - this.unavailableSince < timeoutMs) {
      availability.failed(this, reason);
      return;
    }
    availability.abandoned(this);
    const givenUp = [...this.jobs];
    this.jobs.clear();
    for (const job of givenUp) job.onError(new RetryTimeoutError(reason));
  }

  private pauseMs(): number {
    if (this.failures > 0) return backOffMs(this.failures);
    return [...this.jobs].some(({ requestedAt }) => requestedAt === null) ? 0 : this.options.intervalMs();
  }
}
