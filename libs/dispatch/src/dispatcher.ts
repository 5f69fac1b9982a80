import { DispatchRepository, type Dispatch } from '@app/database';
import { failpoint } from '@app/failpoints';
import { MessagePublisher, VIDEO_QUEUE, conversionRequested } from '@app/messaging';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';

const MIN_WINDOW = 16;
const WINDOW_PER_CONSUMER = 4;
const CONSUMERS_AGE_MS = 2_000;
const PROBE_INTERVAL_MS = 1_000;

/**
 * Publishes a wake-up message for each waiting job, one user in turn, and keeps only a small window of unclaimed
 * messages in the broker: the backlog stays in the database, where turns can still be taken.
 */
@Injectable()
export class Dispatcher implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Dispatcher.name);
  private running: Promise<void> | undefined;
  private isWoken = false;
  private isStopped = false;
  /** Set while the broker does not confirm: then one job is tried, now and then. */
  private isProbing = false;
  private nextProbeAt = 0;
  private hasFailed = false;
  private consumers = 0;
  private consumersReadAt = 0;

  constructor(
    private readonly jobs: DispatchRepository,
    private readonly publisher: MessagePublisher,
  ) {}

  /** Says that a job may be waiting or a place in the window may be free. Returns at once. */
  wake(): void {
    this.isWoken = true;
    if (this.running !== undefined || this.isStopped) return;
    // Where nothing sweeps, in a worker, the wake-ups themselves find out that the broker is back.
    if (this.isProbing && performance.now() < this.nextProbeAt) return;
    void this.runOnce(() => this.dispatchWhileWoken());
  }

  /** Finds messages that are gone and jobs that nobody woke the dispatcher for. Called every second by one process. */
  async sweep(): Promise<void> {
    while (this.running !== undefined) await this.running;
    if (this.isStopped) return;
    await this.runOnce(async () => {
      await this.redispatchLost();
      this.isWoken = true;
      await this.dispatchWhileWoken();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async runOnce(work: () => Promise<void>): Promise<void> {
    this.running = work()
      .then(() => {
        this.hasFailed = false;
      })
      .catch((error: unknown) => {
        if (!this.hasFailed) this.logger.warn({ msg: 'Dispatch failed; each sweep tries again', err: error });
        this.hasFailed = true;
      })
      .finally(() => {
        this.running = undefined;
        // Whoever called between the last round and this line was told that a dispatch is running.
        if (this.isWoken) this.wake();
      });
    await this.running;
  }

  private async dispatchWhileWoken(): Promise<void> {
    while (this.isWoken && !this.isStopped) {
      this.isWoken = false;
      void this.refreshConsumers();
      const size = Math.max(MIN_WINDOW, this.consumers * WINDOW_PER_CONSUMER);
      failpoint('dispatch.commit.before');
      const picked = await this.jobs.pick({ size, limit: this.isProbing ? 1 : size });
      failpoint('dispatch.commit.after');
      // Each is waited for, also when one fails: nothing is published behind a shutdown's back.
      const published = await Promise.allSettled(picked.map((dispatch) => this.publish(dispatch)));
      for (const result of published) if (result.status === 'rejected') throw result.reason;
    }
  }

  private async publish(dispatch: Dispatch): Promise<void> {
    failpoint('dispatch.publish.before');
    const outcome = await this.publisher.publish(conversionRequested({ job_id: dispatch.jobId }), {
      correlationId: dispatch.requestId ?? undefined,
      traceparent: dispatch.traceparent ?? undefined,
    });
    failpoint('dispatch.publish.after');
    this.noteOutcome(outcome === 'confirmed', dispatch);
    // A message of unknown fate may be there: its job waits until it is overdue.
    if (outcome === 'rejected') await this.jobs.undo(dispatch);
  }

  private noteOutcome(isConfirmed: boolean, { jobId, requestId }: Dispatch): void {
    if (isConfirmed) {
      this.logger.debug({ msg: 'Dispatched', job_id: jobId, request_id: requestId });
      // The probe got through: the rest need not wait for the next sweep.
      if (this.isProbing) this.isWoken = true;
    } else if (!this.isProbing) {
      this.logger.warn({ msg: 'The broker does not take messages; jobs wait in the database', job_id: jobId });
    }
    this.isProbing = !isConfirmed;
    this.nextProbeAt = performance.now() + PROBE_INTERVAL_MS;
  }

  private async redispatchLost(): Promise<void> {
    if (!(await this.jobs.hasOverdue())) return;
    const state = await this.publisher.queueState(VIDEO_QUEUE).catch(() => null);
    const count = await this.jobs.redispatchLost(state?.readyMessages === 0);
    if (count > 0) this.logger.warn({ msg: 'Messages were lost; their jobs are dispatched again', count });
  }

  private async refreshConsumers(): Promise<void> {
    const now = performance.now();
    if (now - this.consumersReadAt < CONSUMERS_AGE_MS) return;
    this.consumersReadAt = now;
    try {
      this.consumers = (await this.publisher.queueState(VIDEO_QUEUE)).consumers;
    } catch {
      // An unreachable broker is reported by publish; the last known number serves until it is back.
    }
  }
}
