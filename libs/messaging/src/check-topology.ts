import type { Channel, ChannelModel } from 'amqplib';
import { discardChannel, openChannel, REPLY_TIMEOUT_MS } from './open-channel.js';
import { isAccessRefused, topologyProblem } from './topology-problem.js';
import { EXCHANGE, QUEUES, type QueueDeclaration } from './topology.js';
import { within } from './within.js';

/**
 * Rejects with `broker_unavailable` if the exchange or one of the queues is missing. Creates nothing.
 */
export function checkTopologyExists(connection: ChannelModel, queues = QUEUES): Promise<void> {
  return onTemporaryChannel(connection, async (channel) => {
    await checked(`exchange ${EXCHANGE.name}`, channel.checkExchange(EXCHANGE.name));
    for (const { name } of queues) await checked(`queue ${name}`, channel.checkQueue(name));
  });
}

/**
 * As `checkTopologyExists`, and rejects with `configuration_invalid` if a setting differs. AMQP can only compare by
 * declaring, so each declaration follows a check that the exchange or queue exists.
 */
export async function compareTopology(connection: ChannelModel, queues = QUEUES): Promise<void> {
  await checkTopologyExists(connection, queues);
  await onTemporaryChannel(connection, async (channel) => {
    await checked(`exchange ${EXCHANGE.name}`, channel.assertExchange(EXCHANGE.name, EXCHANGE.type, { durable: true }));
    for (const queue of queues) await compareQueue(channel, queue);
  }).catch((error: unknown) => {
    // An account without the right to declare cannot compare settings: it can only see that the queues exist.
    if (!isAccessRefused((error as Error).cause)) throw error;
  });
}

async function compareQueue(channel: Channel, queue: QueueDeclaration): Promise<void> {
  const what = `queue ${queue.name}`;
  await checked(what, channel.checkQueue(queue.name));
  await checked(what, channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments }));
}

/** A rejected declaration closes its channel, so that channel must not be used for anything else. */
async function onTemporaryChannel(connection: ChannelModel, use: (channel: Channel) => Promise<void>): Promise<void> {
  const channel = await openChannel(connection).catch((error: unknown) => {
    throw topologyProblem('message broker', error);
  });
  try {
    await use(channel);
  } finally {
    discardChannel(channel);
  }
}

async function checked(what: string, reply: Promise<unknown>): Promise<void> {
  try {
    await within(REPLY_TIMEOUT_MS, reply);
  } catch (error) {
    throw topologyProblem(what, error);
  }
}
