import { DomainError } from '@app/domain';
import { failpoint } from '@app/failpoints';
import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import type { ConsumeMessage } from 'amqplib';
import { lastValueFrom } from 'rxjs';
import { AmqpContext } from './amqp-context.js';
import { isDisposition, type Disposition } from './disposition.js';
import type { Message } from './message.js';
import { parseMessage } from './parse-message.js';
import { QueueConsumer, type ConsumerState, type Delivery, type QueueConsumerOptions } from './queue-consumer.js';

const MAX_PROPERTY_LENGTH = 256;

/**
 * Nest's way in for messages: handlers stay ordinary `@EventPattern('<message type>')` methods. They get the parsed
 * message and an AmqpContext, and what they return is what becomes of the delivery.
 */
export class AmqpTransportStrategy extends Server implements CustomTransportStrategy {
  protected override readonly logger = new Logger(AmqpTransportStrategy.name);
  private readonly consumer: QueueConsumer;
  private readonly running = new Set<Promise<void>>();

  constructor(options: QueueConsumerOptions) {
    super();
    this.consumer = new QueueConsumer(options, (delivery) => this.track(delivery));
  }

  /** For health: whether messages are consumed now, and if not although they should be, why. */
  get state(): ConsumerState {
    return this.consumer.state;
  }

  /** Does not wait for the broker: the process is up and says in its health what it waits for. */
  listen(callback: () => void): void {
    this.consumer.start();
    callback();
  }

  /** Consumes from now on, or as soon as the broker allows it. This is how a strategy starts. */
  resume(): void {
    this.consumer.want(true);
  }

  /** Takes no new deliveries until `resume()`. Those that are running go on and are settled. */
  pause(): void {
    this.consumer.want(false);
  }

  /** The first step of a shutdown; `drained()` is the second. */
  stopConsuming(): void {
    this.pause();
  }

  /** Resolves once no handler is running and every delivery is settled. */
  async drained(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  /** What is still running loses its channel, and the broker hands its message to somebody else. */
  async close(): Promise<void> {
    await this.consumer.close();
  }

  override on(): never {
    throw new Error('This transport has no events: read its state instead');
  }

  override unwrap<T>(): T {
    throw new Error('This transport shows no client: connections come and go under it');
  }

  private track(delivery: Delivery): void {
    const handling: Promise<void> = this.handle(delivery).finally(() => this.running.delete(handling));
    this.running.add(handling);
  }

  private async handle(delivery: Delivery): Promise<void> {
    const disposition = await this.dispositionOf(delivery.message);
    try {
      failpoint('ack.before');
      settle(delivery, disposition);
      failpoint('ack.after');
    } catch (error) {
      // The channel is gone, and with it the delivery: the broker has already taken the message back.
      this.logger.debug(`A delivery was not settled (${disposition}): ${String(error)}`);
      this.consumer.abandon(delivery.channel);
    }
  }

  private async dispositionOf(delivered: ConsumeMessage): Promise<Disposition> {
    try {
      const message = parseMessage(delivered.content, text(delivered.properties.contentType));
      const disposition: unknown = await this.callHandler(message, contextOf(delivered, message));
      if (isDisposition(disposition)) return disposition;
      throw new Error(`The handler of ${message.type} returned no disposition`);
    } catch (error) {
      this.logger.error({
        msg: 'A message goes to the dead-letter queue',
        message_id: text(delivered.properties.messageId),
        err: error,
      });
      return 'dead-letter';
    }
  }

  private callHandler(message: Message, context: AmqpContext): Promise<unknown> {
    const handler = this.getHandlerByPattern(message.type);
    if (!handler) throw new DomainError('malformed_message', `Nothing here handles ${message.type}.`);
    // Nest hands a thrown error back as an observable that fails.
    return lastValueFrom(this.transformToObservable(handler(message, context)));
  }
}

function settle({ channel, message }: Delivery, disposition: Disposition): void {
  if (disposition === 'ack') channel.ack(message);
  else channel.nack(message, false, disposition === 'return');
}

function contextOf({ properties, fields }: ConsumeMessage, message: Message): AmqpContext {
  return new AmqpContext([
    {
      messageId: text(properties.messageId) ?? message.id,
      correlationId: text(properties.correlationId) ?? null,
      traceparent: text(properties.headers?.['traceparent']) ?? null,
      redelivered: fields.redelivered,
    },
  ]);
}

/** Properties are written by whoever publishes, in any of AMQP's types. */
function text(property: unknown): string | undefined {
  return typeof property === 'string' && property !== '' ? property.slice(0, MAX_PROPERTY_LENGTH) : undefined;
}
