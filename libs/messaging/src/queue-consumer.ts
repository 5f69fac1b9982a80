import { DomainError } from '@app/domain';
import { Logger } from '@nestjs/common';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { BrokerConnection } from './broker-connection.js';
import { compareTopology } from './check-topology.js';
import { discardChannel, openChannel, REPLY_TIMEOUT_MS } from './open-channel.js';
import { connectionProblem, topologyProblem } from './topology-problem.js';
import { deadLetterQueue, QUEUES } from './topology.js';
import { WakeUp } from './wake-up.js';
import { within } from './within.js';

const RETRY_DELAY_MS = 1000;
const MISMATCH_DELAY_MS = 30_000;
/** Keeps a broker that cancels each new consumer at once from being asked in a tight loop. */
const SUBSCRIBE_INTERVAL_MS = 250;

export interface QueueConsumerOptions {
  readonly url: string;
  readonly queue: string;
  /** Deliveries that may be unsettled at a time. */
  readonly prefetch: number;
  /** How the broker's own tools name this connection. */
  readonly connectionName: string;
}

export interface ConsumerState {
  readonly consuming: boolean;
  /** Why nothing is consumed although it should be: a sentence for operators. */
  readonly problem: string | null;
}

export interface Delivery {
  readonly message: ConsumeMessage;
  /** The channel that the message came from: only there may it be settled. */
  readonly channel: Channel;
}

/**
 * Brings what is (connection, channel, subscription) to what is wanted, in one loop that every event wakes up. So a
 * cancelled consumer, a closed channel, a lost connection and a queue that was missing all heal in the same way.
 */
export class QueueConsumer {
  private readonly logger: Logger;
  private readonly wakeUp = new WakeUp();
  private connection: BrokerConnection | undefined;
  private loop: Promise<void> = Promise.resolve();
  private channel: Channel | undefined;
  private consumerTag: string | undefined;
  private subscribedAt = 0;
  private isWanted = true;
  private isClosed = false;
  private problem: string | null = null;

  constructor(
    private readonly options: QueueConsumerOptions,
    private readonly onDelivery: (delivery: Delivery) => void,
  ) {
    this.logger = new Logger(`QueueConsumer ${options.queue}`);
  }

  get state(): ConsumerState {
    return { consuming: this.consumerTag !== undefined, problem: this.notConnected?.message ?? this.problem };
  }

  private get notConnected(): DomainError | undefined {
    return this.connection?.current === undefined
      ? (this.connection?.problem ?? connectionProblem(undefined))
      : undefined;
  }

  /** Returns at once; the loop keeps trying until `close()`. */
  start(): void {
    if (this.connection !== undefined) return;
    this.connection = new BrokerConnection(this.options.url, this.options.connectionName, () => this.wakeUp.notify());
    this.loop = this.run();
  }

  want(isWanted: boolean): void {
    this.isWanted = isWanted && !this.isClosed;
    this.wakeUp.notify();
  }

  /** Gives the channel up: the broker hands out again what was delivered on it and not settled. */
  abandon(channel: Channel): void {
    discardChannel(channel);
    this.channelClosed(channel);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.want(false);
    await this.loop;
    const channel = this.channel;
    this.channel = undefined;
    // Waits for the answer: it comes after the broker has read every ack that was sent before.
    if (channel !== undefined) await within(REPLY_TIMEOUT_MS, channel.close()).catch(() => undefined);
    await this.connection?.close();
  }

  private async run(): Promise<void> {
    do {
      const delayMs = await this.step();
      if (!this.isClosed) await this.wakeUp.wait(delayMs);
    } while (!this.isClosed);
    await this.step();
  }

  /** One move towards what is wanted; returns when to look again, if no event comes earlier. */
  private async step(): Promise<number | undefined> {
    try {
      const delayMs = this.isWanted ? await this.subscribe() : await this.unsubscribe();
      this.report(null);
      return delayMs;
    } catch (error) {
      const problem = topologyProblem(`queue ${this.options.queue}`, error);
      this.report(problem);
      if (this.channel !== undefined) this.abandon(this.channel);
      return problem.code === 'configuration_invalid' ? MISMATCH_DELAY_MS : RETRY_DELAY_MS;
    }
  }

  private async subscribe(): Promise<number | undefined> {
    const connection = this.connection?.current;
    if (connection === undefined) throw this.notConnected ?? connectionProblem(undefined);
    if (this.consumerTag !== undefined) return undefined;
    const waitMs = this.subscribedAt + SUBSCRIBE_INTERVAL_MS - Date.now();
    if (waitMs > 0) return waitMs;
    this.subscribedAt = Date.now();
    await compareTopology(connection, QUEUES.filter(this.isMine));
    const channel = (this.channel ??= await this.openChannel(connection));
    const subscription = channel.consume(this.options.queue, (message) => this.received(message, channel));
    const { consumerTag } = await within(REPLY_TIMEOUT_MS, subscription);
    if (this.channel !== channel) return 0;
    this.consumerTag = consumerTag;
    this.logger.log('Consuming');
    return undefined;
  }

  /** The channel stays open: what was delivered before is settled on it. */
  private async unsubscribe(): Promise<undefined> {
    if (this.consumerTag === undefined || this.channel === undefined) return;
    const { channel, consumerTag } = this;
    this.consumerTag = undefined;
    await within(REPLY_TIMEOUT_MS, channel.cancel(consumerTag));
    this.logger.log('Not consuming any more');
  }

  private async openChannel(connection: ChannelModel): Promise<Channel> {
    const channel = await openChannel(connection);
    channel.on('error', (error) => this.logger.warn({ msg: 'The broker closed the channel', err: error }));
    channel.once('close', () => this.channelClosed(channel));
    await within(REPLY_TIMEOUT_MS, channel.prefetch(this.options.prefetch));
    return channel;
  }

  private received(message: ConsumeMessage | null, channel: Channel): void {
    if (message !== null) return this.onDelivery({ message, channel });
    this.logger.warn('The broker cancelled the consumer');
    if (this.channel !== channel) return;
    this.consumerTag = undefined;
    this.wakeUp.notify();
  }

  private channelClosed(channel: Channel): void {
    if (this.channel !== channel) return;
    this.channel = undefined;
    this.consumerTag = undefined;
    this.wakeUp.notify();
  }

  private report(problem: DomainError | null): void {
    const sentence = problem?.message ?? null;
    // The connection logs its own outages.
    const isNews = sentence !== null && sentence !== this.problem && this.notConnected === undefined;
    if (isNews) this.logger.warn({ msg: sentence, err: problem });
    this.problem = sentence;
  }

  private readonly isMine = ({ name }: { name: string }): boolean =>
    name === this.options.queue || name === deadLetterQueue(this.options.queue);
}
