import { DomainError } from '@app/domain';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ChannelModel } from 'amqplib';
import { BrokerConnection } from './broker-connection.js';
import { checkTopologyExists, compareTopology } from './check-topology.js';
import { MessagePublisher, type PublishOptions, type PublishOutcome, type QueueState } from './message-publisher.js';
import type { Message } from './message.js';
import { discardChannel, openChannel, REPLY_TIMEOUT_MS } from './open-channel.js';
import { MESSAGE_CONTENT_TYPE, serializeMessage } from './parse-message.js';
import { PublishChannel } from './publish-channel.js';
import { connectionProblem, topologyProblem } from './topology-problem.js';
import { EXCHANGE } from './topology.js';
import { brokerUnavailable, within } from './within.js';

const REOPEN_DELAY_MS = 500;
const COMPARE_EVERY_MS = 30_000;

export interface AmqpMessagePublisherOptions {
  readonly url: string;
  readonly publishTimeoutMs?: number;
}

/** Publishes on a connection of its own: a broker that is short of memory stops publishers, and acks must go on. */
export class AmqpMessagePublisher extends MessagePublisher implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(AmqpMessagePublisher.name);
  private readonly publishTimeoutMs: number;
  private connection: BrokerConnection | undefined;
  private channel: PublishChannel | undefined;
  private compared: { on: ChannelModel; at: number; problem: unknown } | undefined;
  private refused: { type: string; at: number } | undefined;

  constructor(private readonly options: AmqpMessagePublisherOptions) {
    super();
    this.publishTimeoutMs = options.publishTimeoutMs ?? 3000;
  }

  onModuleInit(): void {
    this.connection ??= new BrokerConnection(this.options.url, 'publisher', () => void this.openChannel());
  }

  async onApplicationShutdown(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    this.channel = undefined;
    await connection?.close();
  }

  async publish(message: Message, options: PublishOptions = {}): Promise<PublishOutcome> {
    if (this.channel === undefined || this.connection?.isBlocked === true) return 'refused';
    const outcome = await this.channel.publish(
      {
        exchange: EXCHANGE.name,
        routingKey: message.type,
        content: serializeMessage(message),
        properties: propertiesOf(message, options),
      },
      this.publishTimeoutMs,
    );
    this.refused = outcome === 'refused' ? { type: message.type, at: Date.now() } : undefined;
    if (outcome !== 'confirmed') this.logger.debug({ msg: `A message was not confirmed: ${outcome}`, id: message.id });
    return outcome;
  }

  async queueState(queue: string): Promise<QueueState> {
    const channel = await openChannel(this.connected()).catch((error: unknown) => {
      throw topologyProblem(`queue ${queue}`, error);
    });
    try {
      const { messageCount, consumerCount } = await within(REPLY_TIMEOUT_MS, channel.checkQueue(queue));
      return { readyMessages: messageCount, consumers: consumerCount };
    } catch (error) {
      throw topologyProblem(`queue ${queue}`, error);
    } finally {
      discardChannel(channel);
    }
  }

  async check(): Promise<void> {
    const connection = this.connected();
    if (this.connection?.isBlocked === true) {
      throw brokerUnavailable('The message broker takes no messages: it is short of memory or disk.');
    }
    await this.checkTopology(connection);
    if (this.refused !== undefined && Date.now() - this.refused.at < COMPARE_EVERY_MS) {
      throw brokerUnavailable(
        `The message broker refused the last ${this.refused.type} message: its queue is not bound or not available. Run setup.`,
      );
    }
  }

  private connected(): ChannelModel {
    const connection = this.connection?.current;
    if (connection === undefined) throw this.connection?.problem ?? connectionProblem(undefined);
    return connection;
  }

  /** Comparing declares, which is more than a probe should do each second. */
  private async checkTopology(connection: ChannelModel): Promise<void> {
    const last = this.compared;
    if (last?.on === connection && Date.now() - last.at < COMPARE_EVERY_MS) {
      if (last.problem !== null) throw last.problem;
      return checkTopologyExists(connection);
    }
    const problem: unknown = await compareTopology(connection).then(
      () => null,
      (error: unknown) => error,
    );
    const isLasting = problem === null || (problem as DomainError).code === 'configuration_invalid';
    this.compared = isLasting ? { on: connection, at: Date.now(), problem } : undefined;
    if (problem !== null) throw problem;
  }

  /** After each connect, and whenever the broker closed the channel: the connection alone does not bring it back. */
  private async openChannel(): Promise<void> {
    const connection = this.connection?.current;
    this.channel = undefined;
    if (connection === undefined) return;
    const isCurrent = (): boolean => this.connection?.current === connection;
    try {
      const channel = await PublishChannel.open(connection, () => {
        if (isCurrent()) void this.openChannel();
      });
      if (isCurrent()) this.channel = channel;
    } catch (error) {
      this.logger.debug(`No channel to publish on yet: ${String(error)}`);
      setTimeout(() => isCurrent() && void this.openChannel(), REOPEN_DELAY_MS).unref();
    }
  }
}

function propertiesOf(message: Message, { correlationId, traceparent }: PublishOptions) {
  return {
    messageId: message.id,
    type: message.type,
    contentType: MESSAGE_CONTENT_TYPE,
    persistent: true,
    timestamp: Math.floor(Date.parse(message.occurred_at) / 1000),
    ...(correlationId !== undefined && { correlationId }),
    ...(traceparent !== undefined && { headers: { traceparent } }),
  };
}
