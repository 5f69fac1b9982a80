import { connect, type Channel } from 'amqplib';
import { EXCHANGE, CONVERSION_REQUESTED, conversionRequested } from '@app/messaging';

/** Access to the queues of the broker from outside the service. */
export class BrokerQueues {
  constructor(private readonly url: string) {}

  /** Publishes duplicate wake-ups for a job, like a broker or a dispatcher that repeats messages. */
  async requestAgain(jobId: string, copies: number): Promise<void> {
    await this.publish(Array.from({ length: copies }, () => JSON.stringify(conversionRequested({ job_id: jobId }))));
  }

  async publish(bodies: readonly string[]): Promise<void> {
    await this.use(async (channel) => {
      for (const body of bodies) channel.publish(EXCHANGE.name, CONVERSION_REQUESTED, Buffer.from(body));
    });
  }

  /** Returns the number of ready messages in a queue. */
  async count(queue: string): Promise<number> {
    return this.use(async (channel) => (await channel.checkQueue(queue)).messageCount);
  }

  private async use<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const connection = await connect(this.url);
    connection.on('error', () => undefined);
    try {
      const channel = await connection.createConfirmChannel();
      const result = await work(channel);
      await channel.waitForConfirms();
      return result;
    } finally {
      await connection.close();
    }
  }
}
