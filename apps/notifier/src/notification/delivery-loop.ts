import { performance } from 'node:perf_hooks';
import { DeliveryRepository, type AttemptResult, type TakenDelivery } from '@app/database';
import { WakeUpLoop } from '@app/dispatch';
import { failpoint } from '@app/failpoints';
import { Logger } from '@nestjs/common';
import type { DeliverySender, SendResult } from './delivery-sender.js';
import { delayAfter } from './retry-schedule.js';

const POLL_MS = 1_000;
/** Longer than any attempt can take, so that no other notifier takes the delivery meanwhile. */
const HOLD_SECONDS = 330;

/** Makes the due deliveries of one channel, several at a time, until it is stopped. */
export class DeliveryLoop {
  private readonly logger: Logger;
  private readonly loop: WakeUpLoop;
  private readonly attempts = new Map<TakenDelivery, Promise<void>>();
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly sender: DeliverySender,
    private readonly concurrency: number,
  ) {
    this.logger = new Logger(`Deliveries by ${sender.channel}`);
    this.loop = new WakeUpLoop(() => this.takeDue(), this.logger, 'Due deliveries cannot be read; retrying');
  }

  start(): void {
    this.timer = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  wake(): void {
    this.loop.wake();
  }

  /** Takes no more deliveries, and waits for running attempts. Aborts those that exceed the grace period. */
  async stop(graceMs: number): Promise<void> {
    clearInterval(this.timer);
    await this.loop.stop();
    const timeout = setTimeout(() => this.controller.abort(new Error('The notifier is shutting down')), graceMs);
    await Promise.all(this.attempts.values());
    clearTimeout(timeout);
  }

  private async takeDue(): Promise<void> {
    for (;;) {
      const limit = this.concurrency - this.attempts.size;
      if (limit <= 0) return;
      const { perTarget, channel } = this.sender;
      const busyTargets = [...this.attempts.keys()].map(({ target }) => target);
      const taken = await this.deliveries.take(channel, { limit, holdSeconds: HOLD_SECONDS, perTarget, busyTargets });
      for (const delivery of taken) this.begin(delivery);
      if (taken.length < limit) return;
    }
  }

  private begin(delivery: TakenDelivery): void {
    const attempt = this.attempt(delivery)
      .catch((error: unknown) => {
        // The delivery is taken again after its hold expires.
        this.logger.warn({ msg: 'A delivery was left unfinished', delivery_id: delivery.id, err: error });
      })
      .finally(() => {
        this.attempts.delete(delivery);
        this.wake();
      });
    this.attempts.set(delivery, attempt);
  }

  private async attempt(delivery: TakenDelivery): Promise<void> {
    const startedAt = new Date();
    const start = performance.now();
    failpoint('deliveries.send.before');
    const sent = await this.sender.send(delivery, this.controller.signal);
    failpoint('deliveries.send.after');
    const { httpStatus, error } = sent;
    await this.record(delivery, sent, { startedAt, durationMs: performance.now() - start, httpStatus, error });
  }

  private async record(delivery: TakenDelivery, sent: SendResult, result: AttemptResult): Promise<void> {
    const { id, attempt, attemptsBefore, target } = delivery;
    const fields = { delivery_id: id, target, attempt, http_status: result.httpStatus, duration_ms: result.durationMs };
    if (result.error === null) {
      await this.deliveries.markDelivered(delivery, result);
      this.logger.log({ msg: 'Delivered', ...fields });
      return;
    }
    const delay = sent.isFinal === true ? null : delayAfter(attempt - attemptsBefore, this.sender.delays);
    if (delay === null) await this.deliveries.markFailed(delivery, result);
    else await this.deliveries.retryLater(delivery, result, delay);
    const msg = delay === null ? 'A delivery failed for good' : 'A delivery failed; it will be retried';
    this.logger.warn({ msg, error: result.error, retry_in_seconds: delay, ...fields });
  }
}
