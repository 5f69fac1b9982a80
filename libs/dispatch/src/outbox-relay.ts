import { OutboxRepository, type PendingEvent } from '@app/database';
import { failpoint } from '@app/failpoints';
import { MP3_QUEUE, MessagePublisher, type ConversionFinished, type PublishOutcome } from '@app/messaging';
import { Injectable, Logger } from '@nestjs/common';

/** Publishes committed events at least once each, while anybody listens. */
@Injectable()
export class OutboxRelay {
  private readonly logger = new Logger(OutboxRelay.name);

  constructor(
    private readonly outbox: OutboxRepository,
    private readonly publisher: MessagePublisher,
  ) {}

  /** Without a consumer the events wait in the database, where they expire; the queue would keep them for ever. */
  async relay(): Promise<void> {
    const { consumers } = await this.publisher.queueState(MP3_QUEUE);
    if (consumers === 0) return;
    const events = await this.outbox.take(MP3_QUEUE);
    if (events.length === 0) return;
    const outcomes = await Promise.all(events.map((event) => this.publish(event)));
    const idsOf = (wanted: PublishOutcome): string[] =>
      events.filter((_, i) => outcomes[i] === wanted).map(({ id }) => id);
    failpoint('outbox.commit.before');
    await this.outbox.remove(idsOf('confirmed'));
    failpoint('outbox.commit.after');
    await this.outbox.release(idsOf('refused'));
  }

  async dropExpired(): Promise<void> {
    const count = await this.outbox.dropExpired();
    if (count > 0) this.logger.warn({ msg: 'Events that nobody fetched for seven days were dropped', count });
  }

  private async publish(event: PendingEvent): Promise<PublishOutcome> {
    failpoint('outbox.publish.before');
    const outcome = await this.publisher.publish(event.payload as ConversionFinished, {
      correlationId: event.correlationId ?? undefined,
      traceparent: event.traceparent ?? undefined,
    });
    failpoint('outbox.publish.after');
    return outcome;
  }
}
