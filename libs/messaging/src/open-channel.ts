import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { within } from './within.js';

export const REPLY_TIMEOUT_MS = 3000;

const ignore = (): void => undefined;

/** A channel of a connection, opened within a bound; one that opens too late is closed again. */
export function openChannel(connection: ChannelModel): Promise<Channel> {
  return opened(connection.createChannel());
}

export function openConfirmChannel(connection: ChannelModel): Promise<ConfirmChannel> {
  return opened(connection.createConfirmChannel());
}

/** Closes without waiting: what the broker has not settled by then, it hands out again. */
export function discardChannel(channel: Channel): void {
  channel.close().catch(ignore);
}

async function opened<T extends Channel>(opening: Promise<T>): Promise<T> {
  try {
    const channel = await within(REPLY_TIMEOUT_MS, opening);
    // Without a listener amqplib throws the error in its read loop, and that ends the whole connection.
    channel.on('error', ignore);
    return channel;
  } catch (error) {
    opening.then(discardChannel, ignore);
    throw error;
  }
}
