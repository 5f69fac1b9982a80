import { connect, type ChannelModel } from 'amqplib';

interface FinishedEvent {
  readonly id: string;
  readonly data: { readonly job_id: string; readonly status: string };
}

/** A consumer of `mp3` of the test's own: stands in for whoever listens, and counts. */
export class FinishedEvents {
  readonly events: FinishedEvent[] = [];
  private connection: ChannelModel | undefined;

  constructor(private readonly url: string) {}

  /** Consumes; called again after the broker was away. */
  async listen(): Promise<void> {
    const connection = await connect(this.url);
    // The connection is lost with the broker, on purpose.
    connection.on('error', () => undefined);
    this.connection = connection;
    const channel = await connection.createChannel();
    await channel.prefetch(50);
    await channel.consume('mp3', (message) => {
      if (message === null) return;
      this.events.push(JSON.parse(message.content.toString()) as FinishedEvent);
      channel.ack(message);
    });
  }

  /** The different events of each job: more than one means that a job ended more than once. */
  idsByJob(): Map<string, Set<string>> {
    const ids = new Map<string, Set<string>>();
    for (const { id, data } of this.events) ids.set(data.job_id, (ids.get(data.job_id) ?? new Set()).add(id));
    return ids;
  }

  async close(): Promise<void> {
    await this.connection?.close().catch(() => undefined);
  }
}
