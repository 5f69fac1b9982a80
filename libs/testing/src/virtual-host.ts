import { randomBytes } from 'node:crypto';
import { connect, type ChannelModel } from 'amqplib';
import { ManagementApi } from './management-api.js';
import { testServices } from './test-services.js';

/** A message from a queue. */
export interface QueuedMessage {
  /** The body as text. */
  body: string;
  routingKey: string;
  isRedelivered: boolean;
  properties: Record<string, unknown>;
}

interface FetchedMessage {
  payload: string;
  routing_key: string;
  redelivered: boolean;
  properties: Record<string, unknown>;
}

const MAX_MESSAGES_READ = 10_000;

/** A virtual host for one test file, with access to its queues. */
export class VirtualHost {
  readonly name = `test-${randomBytes(8).toString('hex')}`;
  readonly url: string;
  private readonly api: ManagementApi;

  constructor() {
    const { rabbitmqUrl, rabbitmqManagementUrl } = testServices();
    const url = new URL(rabbitmqUrl);
    url.pathname = `/${this.name}`;
    this.url = url.href;
    this.api = new ManagementApi(rabbitmqManagementUrl);
  }

  async create(): Promise<void> {
    await this.api.send('PUT', `vhosts/${this.name}`);
    await this.api.send('PUT', `permissions/${this.name}/${this.api.username}`, {
      configure: '.*',
      write: '.*',
      read: '.*',
    });
  }

  async remove(): Promise<void> {
    await this.api.send('DELETE', `vhosts/${this.name}`);
  }

  /** Returns the number of ready messages; unacknowledged ones are not included. */
  async messageCount(queue: string): Promise<number> {
    return this.withConnection(async (connection) => {
      const channel = await connection.createChannel();
      return (await channel.checkQueue(queue)).messageCount;
    });
  }

  /** Reads the ready messages and leaves them in the queue, marked as redelivered. */
  peek(queue: string): Promise<QueuedMessage[]> {
    return this.fetchMessages(queue, 'ack_requeue_true');
  }

  /** Removes and returns the ready messages. */
  take(queue: string): Promise<QueuedMessage[]> {
    return this.fetchMessages(queue, 'ack_requeue_false');
  }

  async purge(queue: string): Promise<void> {
    await this.api.send('DELETE', `queues/${this.name}/${encodeURIComponent(queue)}/contents`);
  }

  /** Makes the broker close every connection to this virtual host; returns their number. */
  async closeConnections(): Promise<number> {
    const connections = await this.api.send<{ name: string }[]>('GET', `vhosts/${this.name}/connections`);
    await Promise.all(
      connections.map(({ name }) => this.api.send('DELETE', `connections/${encodeURIComponent(name)}`)),
    );
    return connections.length;
  }

  private async fetchMessages(queue: string, ackmode: string): Promise<QueuedMessage[]> {
    const messages = await this.api.send<FetchedMessage[]>(
      'POST',
      `queues/${this.name}/${encodeURIComponent(queue)}/get`,
      { count: MAX_MESSAGES_READ, ackmode, encoding: 'auto' },
    );
    return messages.map(({ payload, routing_key, redelivered, properties }) => ({
      body: payload,
      routingKey: routing_key,
      isRedelivered: redelivered,
      properties,
    }));
  }

  private async withConnection<T>(use: (connection: ChannelModel) => Promise<T>): Promise<T> {
    const connection = await connect(this.url);
    // A failed passive declaration is reported by its promise; the event would otherwise be thrown.
    connection.on('error', () => {});
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  }
}

export async function createVirtualHost(): Promise<VirtualHost> {
  const virtualHost = new VirtualHost();
  await virtualHost.create();
  return virtualHost;
}
