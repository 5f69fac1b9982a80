import { DispatchRepository, type Dispatch } from '@app/database';
import { failpoint } from '@app/failpoints';
import { MessagePublisher, VIDEO_QUEUE, conversionRequested } from '@app/messaging';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { BrokerProbe } from './broker-probe.js';
import { WakeUpLoop, type Round } from './wake-up-loop.js';

/** Limits the duration of the statement, and the number of messages that are lost if this process dies. */
const PICK_LIMIT = 100;

/**
 * Publishes a wake-up message for each waiting job, taking turns between users. The broker holds only as many messages
 * as the workers have free slots, plus two. The backlog stays in the database, where the order can still change.
 */
@Injectable()
export class Dispatcher implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly probe = new BrokerProbe();
  private readonly loop = new WakeUpLoop(
    (round) => this.dispatch(round),
    this.logger,
    'Dispatch failed; the next sweep will retry',
  );

  constructor(
    private readonly jobs: DispatchRepository,
    private readonly publisher: MessagePublisher,
  ) {}

  /** Reports that a job is waiting or a worker has claimed one. Returns at once. */
  wake(): void {
    // Workers run no sweeps, so they probe the broker with their wake-ups.
    if (this.probe.isDue) this.loop.wake();
  }

  /** Finds lost messages, and jobs that no wake-up announced. Called every second by one process. */
  async sweep(): Promise<void> {
    await this.loop.sweep();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async dispatch({ isSweep }: Round): Promise<void> {
    if (isSweep) await this.redispatchLost();
    const limit = this.probe.isProbing ? 1 : PICK_LIMIT;
    failpoint('dispatch.commit.before');
    const picked = await this.jobs.pick(limit);
    failpoint('dispatch.commit.after');
    if (picked.length === PICK_LIMIT) this.loop.wake();
    // Waits for all, even if one fails, so that nothing is published after a shutdown.
    const published = await Promise.allSettled(picked.map((dispatch) => this.publish(dispatch)));
    for (const result of published) if (result.status === 'rejected') throw result.reason;
  }

  private async publish(dispatch: Dispatch): Promise<void> {
    failpoint('dispatch.publish.before');
    const outcome = await this.publisher.publish(conversionRequested({ job_id: dispatch.jobId }), {
      correlationId: dispatch.requestId ?? undefined,
      traceparent: dispatch.traceparent ?? undefined,
    });
    failpoint('dispatch.publish.after');
    this.noteOutcome(outcome === 'confirmed', dispatch);
    // After an unknown outcome the message can be in the queue: its job waits until the message counts as lost.
    if (outcome === 'rejected') await this.jobs.undo(dispatch);
  }

  private noteOutcome(isConfirmed: boolean, { jobId, requestId }: Dispatch): void {
    if (isConfirmed) this.logger.debug({ msg: 'Dispatched', job_id: jobId, request_id: requestId });
    const change = this.probe.note(isConfirmed);
    if (change === 'lost') {
      this.logger.warn({ msg: 'The broker does not accept messages; jobs wait in the database', job_id: jobId });
    }
    if (change === 'recovered') this.loop.wake();
  }

  private async redispatchLost(): Promise<void> {
    if (!(await this.jobs.hasOverdue())) return;
    const state = await this.publisher.queueState(VIDEO_QUEUE).catch(() => null);
    const count = await this.jobs.redispatchLost(state?.readyMessages === 0);
    if (count > 0) this.logger.warn({ msg: 'Messages were lost; their jobs are dispatched again', count });
  }
}
