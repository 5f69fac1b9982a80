import { DomainError } from '@app/domain';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ChannelModel } from 'amqplib';
import pRetry from 'p-retry';
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

const REOPEN = { retries: Number.POSITIVE_INFINITY, minTimeout: 500, factor: 1, unref: true };
const COMPARE_EVERY_MS = 30_000;

export interface AmqpMessagePublisherOptions {
  readonly url: string;
  readonly publishTimeoutMs?: number;
}

/** Publishes on its own connection: a broker that is short of memory blocks publishers, and acks must get through. */
export class AmqpMessagePublisher extends MessagePublisher implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(AmqpMessagePublisher.name);
  private readonly publishTimeoutMs: number;
  private connection: BrokerConnection | undefined;
  private channel: PublishChannel | undefined;
  private compared: { on: ChannelModel; at: number; problem: unknown } | undefined;
  private rejected: { type: string; at: number } | undefined;

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
    if (this.channel === undefined || this.connection?.isBlocked === true) return 'rejected';
    const outcome = await this.channel.publish(
      {
        exchange: EXCHANGE.name,
        routingKey: message.type,
        content: serializeMessage(message),
        properties: propertiesOf(message, options),
      },
      this.publishTimeoutMs,
    );
    this.rejected = outcome === 'rejected' ? { type: message.type, at: performance.now() } : undefined;
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
      throw brokerUnavailable('The message broker accepts no messages: it is short of memory or disk.');
    }
    await this.checkTopology(connection);
    if (this.rejected !== undefined && performance.now() - this.rejected.at < COMPARE_EVERY_MS) {
      throw brokerUnavailable(
        `The message broker rejected the last ${this.rejected.type} message: its queue is not bound or not available. Run setup.`,
      );
    }
  }

  private connected(): ChannelModel {
    const connection = this.connection?.current;
    if (connection === undefined) throw this.connection?.problem ?? connectionProblem(undefined);
    return connection;
  }

  /** A comparison declares the topology, which is too much for a probe every second. */
  private async checkTopology(connection: ChannelModel): Promise<void> {
    const last = this.compared;
    if (last?.on === connection && performance.now() - last.at < COMPARE_EVERY_MS) {
      if (last.problem !== null) throw last.problem;
      return checkTopologyExists(connection);
    }
    const problem: unknown = await compareTopology(connection).then(
      () => null,
      (error: unknown) => error,
    );
    const isLasting = problem === null || (problem as DomainError).code === 'configuration_invalid';
    this.compared = isLasting ? { on: connection, at: performance.now(), problem } : undefined;
    if (problem !== null) throw problem;
  }

  /** Opens a channel after each connect, and again if the broker closes the channel of an open connection. */
  private async openChannel(): Promise<void> {
    const connection = this.connection?.current;
    this.channel = undefined;
    if (connection === undefined) return;
    const isCurrent = (): boolean => this.connection?.current === connection;
    const reopen = (): void => {
      if (isCurrent()) void this.openChannel();
    };
    try {
      const channel = await pRetry(() => PublishChannel.open(connection, reopen), {
        ...REOPEN,
        shouldRetry: isCurrent,
        onFailedAttempt: ({ error }) => this.logger.debug(`No channel to publish on yet: ${error.message}`),
      });
      if (isCurrent()) this.channel = channel;
    } catch (error) {
      this.logger.debug(`The connection closed before its channel opened: ${String(error)}`);
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
