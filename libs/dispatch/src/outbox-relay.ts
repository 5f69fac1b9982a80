import { CONVERSION_FINISHED_TOPIC, OutboxRepository, type RecordedOutboxEvent } from '@app/database';
import { failpoint } from '@app/failpoints';
import {
  MP3_QUEUE,
  MessagePublisher,
  conversionFinished,
  type ConversionFinished,
  type PublishOutcome,
} from '@app/messaging';
import { Injectable, Logger } from '@nestjs/common';

/** The most ready messages in the queue. Further events wait in the database, where they expire. */
const WINDOW = 100;

/** The result of publishing an event: `invalid` if its facts do not make a message. */
type RelayOutcome = PublishOutcome | 'invalid';

/** Publishes committed events at least once each, while the queue has a consumer. */
@Injectable()
export class OutboxRelay {
  private readonly logger = new Logger(OutboxRelay.name);

  constructor(
    private readonly outbox: OutboxRepository,
    private readonly publisher: MessagePublisher,
  ) {}

  /** Publishes the next events. Without a consumer, they stay in the database, because they expire there. */
  async relay(): Promise<void> {
    const { consumers, readyMessages } = await this.publisher.queueState(MP3_QUEUE);
    const room = WINDOW - readyMessages;
    if (consumers === 0 || room <= 0) return;
    const events = await this.outbox.take(CONVERSION_FINISHED_TOPIC, room);
    if (events.length === 0) return;
    const outcomes = await Promise.all(events.map((event) => this.publish(event)));
    const idsOf = (...wanted: RelayOutcome[]): string[] =>
      events.filter((_, i) => wanted.includes(outcomes[i] ?? 'unknown')).map(({ id }) => id);
    failpoint('outbox.commit.before');
    await this.outbox.remove(idsOf('confirmed', 'invalid'));
    failpoint('outbox.commit.after');
    await this.outbox.release(idsOf('rejected'));
  }

  async dropExpired(): Promise<void> {
    const count = await this.outbox.dropExpired();
    if (count > 0) this.logger.warn({ msg: 'Dropped events that had no consumer for seven days', count });
  }

  private async publish(event: RecordedOutboxEvent): Promise<RelayOutcome> {
    const message = this.messageOf(event);
    if (message === null) return 'invalid';
    failpoint('outbox.publish.before');
    const outcome = await this.publisher.publish(message, {
      correlationId: event.correlationId ?? undefined,
      traceparent: event.traceparent ?? undefined,
    });
    failpoint('outbox.publish.after');
    return outcome;
  }

  private messageOf({ id, createdAt, payload }: RecordedOutboxEvent): ConversionFinished | null {
    try {
      return conversionFinished({ id, occurredAt: createdAt, facts: payload });
    } catch (error) {
      this.logger.error({ msg: 'Dropped an event with invalid facts', event_id: id, err: error });
      return null;
    }
  }
}
