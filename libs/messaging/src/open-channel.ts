import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { within } from './within.js';

export const REPLY_TIMEOUT_MS = 3000;

const ignore = (): void => undefined;

/** Opens a channel within a time limit; a channel that opens too late is closed again. */
export function openChannel(connection: ChannelModel): Promise<Channel> {
  return opened(connection.createChannel());
}

export function openConfirmChannel(connection: ChannelModel): Promise<ConfirmChannel> {
  return opened(connection.createConfirmChannel());
}

/** Closes the channel without waiting. The broker delivers its unsettled messages again. */
export function discardChannel(channel: Channel): void {
  channel.close().catch(ignore);
}

async function opened<T extends Channel>(opening: Promise<T>): Promise<T> {
  try {
    const channel = await within(REPLY_TIMEOUT_MS, opening);
    // Without a listener amqplib throws the error in its read loop, which ends the whole connection.
    channel.on('error', ignore);
    return channel;
  } catch (error) {
    opening.then(discardChannel, ignore);
    throw error;
  }
}
