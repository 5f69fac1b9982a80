import type { Channel, ChannelModel } from 'amqplib';
import { discardChannel, openChannel, REPLY_TIMEOUT_MS } from './open-channel.js';
import { isAccessRefused, topologyProblem } from './topology-problem.js';
import { EXCHANGE, QUEUES, type QueueDeclaration } from './topology.js';
import { within } from './within.js';

/**
 * Throws a DomainError where the exchange or one of the queues is missing (`broker_unavailable`). Creates nothing.
 */
export function checkTopologyExists(connection: ChannelModel, queues = QUEUES): Promise<void> {
  return onThrowAwayChannel(connection, async (channel) => {
    await checked(`exchange ${EXCHANGE.name}`, channel.checkExchange(EXCHANGE.name));
    for (const { name } of queues) await checked(`queue ${name}`, channel.checkQueue(name));
  });
}

/**
 * As `checkTopologyExists`, and throws `configuration_invalid` where a setting differs. AMQP can only compare by
 * declaring, so each declaration follows a check that there is something to compare with.
 */
export async function compareTopology(connection: ChannelModel, queues = QUEUES): Promise<void> {
  await checkTopologyExists(connection, queues);
  await onThrowAwayChannel(connection, async (channel) => {
    await checked(`exchange ${EXCHANGE.name}`, channel.assertExchange(EXCHANGE.name, EXCHANGE.type, { durable: true }));
    for (const queue of queues) await compareQueue(channel, queue);
  }).catch((error: unknown) => {
    // An account that may not declare cannot compare either: existence is all that it can see.
    if (!isAccessRefused((error as Error).cause)) throw error;
  });
}

async function compareQueue(channel: Channel, queue: QueueDeclaration): Promise<void> {
  const what = `queue ${queue.name}`;
  await checked(what, channel.checkQueue(queue.name));
  await checked(what, channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments }));
}

/** A refused declaration closes its channel, so it must not be one that is used for anything else. */
async function onThrowAwayChannel(connection: ChannelModel, use: (channel: Channel) => Promise<void>): Promise<void> {
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
