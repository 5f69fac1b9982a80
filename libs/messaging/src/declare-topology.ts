import { connect, type Channel, type ChannelModel } from 'amqplib';
import { openChannel, REPLY_TIMEOUT_MS } from './open-channel.js';
import { finalConnectionProblem, topologyProblem } from './topology-problem.js';
import { EXCHANGE, QUEUES, type QueueDeclaration } from './topology.js';
import { within } from './within.js';

/** The leader election of a new quorum queue can take longer than an ordinary reply. */
const DECLARE_TIMEOUT_MS = 15_000;

/**
 * Declares the exchange, the queues and their bindings. It can be repeated, also while the service runs. Rejects with
 * `configuration_invalid` if one of them exists with other settings, or if the broker rejects the user or the virtual host.
 */
export async function declareTopology(url: string): Promise<void> {
  const connection = await connected(url);
  try {
    const channel = await openChannel(connection);
    await declared(
      `exchange ${EXCHANGE.name}`,
      channel.assertExchange(EXCHANGE.name, EXCHANGE.type, { durable: true }),
    );
    for (const queue of QUEUES) await declareQueue(channel, queue);
  } finally {
    await within(REPLY_TIMEOUT_MS, connection.close()).catch(() => undefined);
  }
}

async function declareQueue(channel: Channel, queue: QueueDeclaration): Promise<void> {
  const what = `queue ${queue.name}`;
  await declared(what, channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments }));
  if (queue.routingKey !== null) {
    await declared(what, channel.bindQueue(queue.name, EXCHANGE.name, queue.routingKey));
  }
}

async function connected(url: string): Promise<ChannelModel> {
  try {
    const connection = await connect(url, { timeout: REPLY_TIMEOUT_MS });
    connection.on('error', () => undefined);
    return connection;
  } catch (error) {
    throw finalConnectionProblem(error);
  }
}

async function declared(what: string, reply: Promise<unknown>): Promise<void> {
  try {
    await within(DECLARE_TIMEOUT_MS, reply);
  } catch (error) {
    throw topologyProblem(what, error);
  }
}
