import { DomainError } from '@app/domain';
import { failpoint } from '@app/failpoints';
import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { AmqpContext } from './amqp-context.js';
import { isDisposition, type Disposition } from './disposition.js';
import type { Message } from './message.js';
import { parseMessage } from './parse-message.js';
import { QueueConsumer, type ConsumerState, type Delivery, type QueueConsumerOptions } from './queue-consumer.js';

const MAX_PROPERTY_LENGTH = 256;

/**
 * Nest's transport for messages. Handlers are ordinary `@EventPattern('<message type>')` methods: they receive the parsed
 * message and an AmqpContext, and return the disposition of the delivery.
 */
export class AmqpTransportStrategy extends Server implements CustomTransportStrategy {
  protected override readonly logger = new Logger(AmqpTransportStrategy.name);
  private readonly consumer: QueueConsumer;
  private readonly running = new Set<Promise<void>>();

  constructor(options: QueueConsumerOptions) {
    super();
    this.consumer = new QueueConsumer(options, (delivery) => this.track(delivery));
  }

  /** For health checks. */
  get state(): ConsumerState {
    return this.consumer.state;
  }

  /** Does not wait for the broker: the process starts without it, and its health says what is missing. */
  listen(callback: () => void): void {
    this.consumer.start();
    callback();
  }

  /** Consumes as soon as the broker allows it. A strategy starts resumed. */
  resume(): void {
    this.consumer.want(true);
  }

  /** Takes no new deliveries until `resume()`. Running handlers continue and their deliveries are settled. */
  pause(): void {
    this.consumer.want(false);
  }

  /** Resolves when no handler is running and every delivery is settled. */
  async drained(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  /** Handlers that still run lose their channel, and the broker delivers their messages to another consumer. */
  async close(): Promise<void> {
    await this.consumer.close();
  }

  override on(): never {
    throw new Error('This transport emits no events: read its state instead');
  }

  override unwrap<T>(): T {
    throw new Error('This transport has no client to expose: it replaces its connections');
  }

  private track(delivery: Delivery): void {
    const handling: Promise<void> = this.handle(delivery).finally(() => this.running.delete(handling));
    this.running.add(handling);
  }

  private async handle(delivery: Delivery): Promise<void> {
    const disposition = await this.dispositionOf(delivery);
    try {
      failpoint('ack.before');
      settle(delivery, disposition);
      failpoint('ack.after');
    } catch (error) {
      // The channel has closed, so the broker has already taken the message back.
      this.logger.debug(`A delivery was not settled (${disposition}): ${String(error)}`);
      this.consumer.abandon(delivery.channel);
    }
  }

  private async dispositionOf(delivery: Delivery): Promise<Disposition> {
    try {
      const { content, properties } = delivery.message;
      const message = parseMessage(content, text(properties.contentType));
      const disposition: unknown = await this.callHandler(message, contextOf(delivery, message));
      if (isDisposition(disposition)) return disposition;
      throw new Error(`The handler of ${message.type} returned no disposition`);
    } catch (error) {
      this.logger.error({
        msg: 'A message is dead-lettered',
        message_id: text(delivery.message.properties.messageId),
        err: error,
      });
      return 'dead-letter';
    }
  }

  private callHandler(message: Message, context: AmqpContext): Promise<unknown> {
    const handler = this.getHandlerByPattern(message.type);
    if (!handler) throw new DomainError('malformed_message', { message: `No handler exists for ${message.type}.` });
    // Nest turns a thrown error into an observable that fails.
    return lastValueFrom(this.transformToObservable(handler(message, context)));
  }
}

function settle({ channel, message }: Delivery, disposition: Disposition): void {
  if (disposition === 'ack') channel.ack(message);
  else channel.nack(message, false, disposition === 'requeue');
}

function contextOf({ message: { properties, fields }, channelClosed }: Delivery, message: Message): AmqpContext {
  return new AmqpContext([
    {
      messageId: text(properties.messageId) ?? message.id,
      correlationId: text(properties.correlationId) ?? null,
      traceparent: text(properties.headers?.['traceparent']) ?? null,
      redelivered: fields.redelivered,
      channelClosed,
    },
  ]);
}

/** Publishers choose the properties, in any of AMQP's types. */
function text(property: unknown): string | undefined {
  return typeof property === 'string' && property !== '' ? property.slice(0, MAX_PROPERTY_LENGTH) : undefined;
}
