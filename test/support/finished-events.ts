import { connect, type ChannelModel } from 'amqplib';

interface FinishedEvent {
  readonly id: string;
  readonly data: { readonly job_id: string; readonly status: string };
}

/** Consumes `mp3` in place of the notifier and counts the events. */
export class FinishedEvents {
  readonly events: FinishedEvent[] = [];
  private connection: ChannelModel | undefined;

  constructor(private readonly url: string) {}

  /** Starts to consume; called again after an outage of the broker. */
  async listen(): Promise<void> {
    const connection = await connect(this.url);
    // The connection is lost with the broker, as intended.
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

  /** The distinct events of each job. More than one means that the job ended more than once. */
  idsByJob(): Map<string, Set<string>> {
    const ids = new Map<string, Set<string>>();
    for (const { id, data } of this.events) ids.set(data.job_id, (ids.get(data.job_id) ?? new Set()).add(id));
    return ids;
  }

  async close(): Promise<void> {
    await this.connection?.close().catch(() => undefined);
  }
}
