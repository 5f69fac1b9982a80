import { Socket } from 'node:net';
import type { DomainError } from '@app/domain';
import { Logger } from '@nestjs/common';
import { connect, type AmqpConnectionManager } from 'amqp-connection-manager';
import type { ChannelModel } from 'amqplib';
import { connectionProblem } from './topology-problem.js';
import { within } from './within.js';

const HEARTBEAT_SECONDS = 5;
const RECONNECT_SECONDS = 1;
const CONNECT_TIMEOUT_MS = 3000;
const CLOSE_TIMEOUT_MS = 2000;

/**
 * A connection that reconnects by itself. Callers open the channels: amqp-connection-manager's channel wrappers keep
 * unsent messages in memory and settle old deliveries on new channels, so only its connections are used.
 */
export class BrokerConnection {
  private readonly logger: Logger;
  private readonly manager: AmqpConnectionManager;
  private isBlockedByBroker = false;
  private isOutageLogged = false;
  private socket: Socket | undefined;
  private lastProblem = connectionProblem(undefined);

  /** `onChange` is called after each connect and disconnect. */
  constructor(
    url: string,
    private readonly name: string,
    private readonly onChange: () => void,
  ) {
    this.logger = new Logger(`RabbitMQ ${name}`);
    this.manager = connect([url], {
      heartbeatIntervalInSeconds: HEARTBEAT_SECONDS,
      reconnectTimeInSeconds: RECONNECT_SECONDS,
      connectionOptions: {
        timeout: CONNECT_TIMEOUT_MS,
        noDelay: true,
        clientProperties: { connection_name: `${name} ${process.pid}` },
      },
    });
    this.manager.on('connect', () => this.connected());
    this.manager.on('connectFailed', ({ err }) => this.lost(err));
    this.manager.on('disconnect', ({ err }) => this.disconnected(err));
    this.manager.on('blocked', () => this.blocked(true));
    this.manager.on('unblocked', () => this.blocked(false));
  }

  /** The open connection, if there is one. */
  get current(): ChannelModel | undefined {
    return this.manager.connection;
  }

  /** The reason why there is no connection. */
  get problem(): DomainError {
    return this.lastProblem;
  }

  /** True while the broker accepts no messages because it is short of memory or disk. */
  get isBlocked(): boolean {
    return this.isBlockedByBroker;
  }

  async close(): Promise<void> {
    try {
      await within(CLOSE_TIMEOUT_MS, this.manager.close());
    } catch (error) {
      this.logger.debug(`The connection was not closed cleanly: ${String(error)}`);
      this.socket?.resetAndDestroy();
    }
  }

  private connected(): void {
    this.socket = this.current && socketOf(this.current);
    this.isBlockedByBroker = false;
    this.isOutageLogged = false;
    this.logger.log('Connected');
    this.onChange();
  }

  private disconnected(error: Error | undefined): void {
    // amqplib only ends its own side, and the kernel would keep sending buffered data to a silent peer.
    if (error?.message === 'Heartbeat timeout') this.socket?.resetAndDestroy();
    this.socket = undefined;
    this.lost(error);
    this.onChange();
  }

  private lost(error: Error | undefined): void {
    const problem = connectionProblem(error);
    const isNew = !this.isOutageLogged || problem.message !== this.lastProblem.message;
    this.lastProblem = problem;
    this.isOutageLogged = true;
    if (isNew) this.logger.warn({ msg: `${problem.message} Trying again every second.`, err: error });
  }

  private blocked(isBlocked: boolean): void {
    this.isBlockedByBroker = isBlocked;
    this.logger.warn(isBlocked ? 'The broker accepts no messages for now' : 'The broker accepts messages again');
  }
}

/** amqplib does not expose its socket. Without it the connection still closes, but later. */
function socketOf(connection: ChannelModel): Socket | undefined {
  const inner: object = connection.connection;
  return 'stream' in inner && inner.stream instanceof Socket ? inner.stream : undefined;
}
