import type { ChannelModel, ConfirmChannel, Message as AmqpMessage, Options } from 'amqplib';
import { openConfirmChannel } from './open-channel.js';
import type { PublishOutcome } from './message-publisher.js';

const NOT_FOUND = 404;
const NACKED = 'message nacked';

interface Publication {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: Options.Publish & { readonly messageId: string };
}

/** One channel in confirm mode. */
export class PublishChannel {
  private readonly returned = new Set<string>();
  private isExchangeMissing = false;

  private constructor(private readonly channel: ConfirmChannel) {
    channel.on('return', (message: AmqpMessage) => this.returned.add(String(message.properties.messageId)));
    channel.on('error', (error: Error & { code?: number }) => {
      this.isExchangeMissing = error.code === NOT_FOUND;
    });
  }

  static async open(connection: ChannelModel, onClose: () => void): Promise<PublishChannel> {
    const channel = await openConfirmChannel(connection);
    channel.once('close', onClose);
    return new PublishChannel(channel);
  }

  /** Publishes one message. If the broker returns it, the return comes before the confirm. */
  publish({ exchange, routingKey, content, properties }: Publication, timeoutMs: number): Promise<PublishOutcome> {
    const { messageId } = properties;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('unknown'), timeoutMs);
      const settle = (outcome: PublishOutcome): void => {
        clearTimeout(timer);
        this.returned.delete(messageId);
        resolve(outcome);
      };
      try {
        this.channel.publish(exchange, routingKey, content, { ...properties, mandatory: true }, (error: unknown) =>
          settle(this.outcome(messageId, error)),
        );
      } catch {
        // The channel has closed: nothing was sent.
        settle('rejected');
      }
    });
  }

  private outcome(messageId: string, error: unknown): PublishOutcome {
    if (!(error instanceof Error)) return this.returned.has(messageId) ? 'rejected' : 'confirmed';
    return error.message === NACKED || this.isExchangeMissing ? 'rejected' : 'unknown';
  }
}
