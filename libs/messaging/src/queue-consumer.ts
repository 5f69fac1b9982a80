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
/** Prevents a tight loop if the broker cancels each new consumer at once. */
const SUBSCRIBE_INTERVAL_MS = 250;

export interface QueueConsumerOptions {
  readonly url: string;
  readonly queue: string;
  /** The most deliveries that can be unsettled at a time. */
  readonly prefetch: number;
  /** The connection's name in the broker's own tools. */
  readonly connectionName: string;
}

export interface ConsumerState {
  readonly consuming: boolean;
  /** A sentence for operators if messages should be consumed but are not. */
  readonly problem: string | null;
}

export interface Delivery {
  readonly message: ConsumeMessage;
  /** The channel that the message came from: it can only be settled there. */
  readonly channel: Channel;
  /** Aborts when that channel closes. */
  readonly channelClosed: AbortSignal;
}

/**
 * Consumes a queue. One loop brings the connection, the channel and the subscription to the wanted state, and every
 * event wakes it up: a cancelled consumer, a closed channel, a lost connection and a missing queue recover the same way.
 */
export class QueueConsumer {
  private readonly logger: Logger;
  private readonly wakeUp = new WakeUp();
  private connection: BrokerConnection | undefined;
  private loop: Promise<void> = Promise.resolve();
  private channel: Channel | undefined;
  private readonly closings = new WeakMap<Channel, AbortController>();
  private consumerTag: string | undefined;
  private subscribedAt = Number.NEGATIVE_INFINITY;
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

  /** Closes the channel: the broker delivers its unsettled messages again. */
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
    // The broker answers after it has read every ack that was sent before.
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

  /** Takes one step towards the wanted state; returns the delay until the next one, unless an event comes first. */
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
    const waitMs = this.subscribedAt + SUBSCRIBE_INTERVAL_MS - performance.now();
    if (waitMs > 0) return waitMs;
    this.subscribedAt = performance.now();
    await compareTopology(connection, QUEUES.filter(this.isMine));
    const channel = (this.channel ??= await this.openChannel(connection));
    const subscription = channel.consume(this.options.queue, (message) => this.received(message, channel));
    const { consumerTag } = await within(REPLY_TIMEOUT_MS, subscription);
    if (this.channel !== channel) return 0;
    this.consumerTag = consumerTag;
    this.logger.log('Consuming');
    return undefined;
  }

  /** Keeps the channel open, so that earlier deliveries can be settled on it. */
  private async unsubscribe(): Promise<undefined> {
    if (this.consumerTag === undefined || this.channel === undefined) return;
    const { channel, consumerTag } = this;
    this.consumerTag = undefined;
    await within(REPLY_TIMEOUT_MS, channel.cancel(consumerTag));
    this.logger.log('Stopped consuming');
  }

  private async openChannel(connection: ChannelModel): Promise<Channel> {
    const channel = await openChannel(connection);
    channel.on('error', (error) => this.logger.warn({ msg: 'The broker closed the channel', err: error }));
    channel.once('close', () => this.channelClosed(channel));
    await within(REPLY_TIMEOUT_MS, channel.prefetch(this.options.prefetch));
    return channel;
  }

  private received(message: ConsumeMessage | null, channel: Channel): void {
    if (message !== null) return this.onDelivery({ message, channel, channelClosed: this.closingOf(channel).signal });
    this.logger.warn('The broker cancelled the consumer');
    if (this.channel !== channel) return;
    this.consumerTag = undefined;
    this.wakeUp.notify();
  }

  private channelClosed(channel: Channel): void {
    this.closingOf(channel).abort();
    if (this.channel !== channel) return;
    this.channel = undefined;
    this.consumerTag = undefined;
    this.wakeUp.notify();
  }

  private closingOf(channel: Channel): AbortController {
    const closing = this.closings.get(channel) ?? new AbortController();
    this.closings.set(channel, closing);
    return closing;
  }

  private report(problem: DomainError | null): void {
    const sentence = problem?.message ?? null;
    // The connection logs its own outages.
    const isNew = sentence !== null && sentence !== this.problem && this.notConnected === undefined;
    if (isNew) this.logger.warn({ msg: sentence, err: problem });
    this.problem = sentence;
  }

  private readonly isMine = ({ name }: { name: string }): boolean =>
    name === this.options.queue || name === deadLetterQueue(this.options.queue);
}
