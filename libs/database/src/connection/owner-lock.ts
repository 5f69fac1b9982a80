import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { DomainError } from '@app/domain';
import { Client } from 'pg';
import { isSessionLockOf } from './advisory-locks.js';
import type { DatabaseEnv } from './database.env.js';
import { isUnavailable } from './database-errors.js';
import type { PreparedStatement } from './prepared-statement.js';
import { retakePauseMs } from './retake-pause.js';
import { serverLimits } from './server-limits.js';

const PING_MS = 1_000;
const ANSWER_MS = 5_000;

export interface OwnerLockEvents {
  /** Called with true when the lock is held, and with false as soon as it is known to be lost. */
  onChange(isHeld: boolean): void;
  /** Called once for each outage, however many attempts fail. */
  onError(error: unknown): void;
}

/**
 * Shows that one worker process is alive. It holds a session advisory lock on a random number, on its own connection.
 * PostgreSQL frees the lock within milliseconds after the process dies. If the connection breaks, the lock is taken
 * again. Behind a transaction pooler, a worker has no session of its own, so it only checks that the database answers.
 */
export class OwnerLock {
  /** 63 random bits in decimal, new for each process. The name of a host or worker could be reused. */
  readonly owner = (randomBytes(8).readBigUInt64BE() >> 1n).toString();
  private socket: Socket | undefined;
  private client: Client | undefined;
  /** The PID of the PostgreSQL backend that holds the lock. */
  private backend: number | undefined;
  private held = false;
  private isStopped = false;
  private isOutageReported = false;
  private outageSince: number | undefined;
  private finished: Promise<void> = Promise.resolve();
  private wakeUp: () => void = () => undefined;

  constructor(
    private readonly env: DatabaseEnv,
    private readonly events: OwnerLockEvents,
  ) {}

  /** The owner of this worker's leases. Null behind a transaction pooler, where only heartbeats show that a worker is alive. */
  get leaseOwner(): string | null {
    return this.env.isBehindTransactionPooler ? null : this.owner;
  }

  get isHeld(): boolean {
    return this.held;
  }

  start(): void {
    this.finished = this.run();
  }

  /** Stops at once, even if the database does not answer: PostgreSQL frees the lock when the socket closes. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.wakeUp();
    this.socket?.destroy();
    await this.finished;
  }

  /** Runs a statement on the lock's connection. Returns null if it is not open, or breaks before the answer. */
  async prepared<T extends object>(
    { name, text }: PreparedStatement,
    parameters: readonly unknown[],
  ): Promise<T[] | null> {
    const { client, socket } = this;
    if (client === undefined) return null;
    try {
      const statement = this.env.isBehindTransactionPooler ? { text } : { name, text };
      return (await client.query<T>({ ...statement, values: [...parameters] })).rows;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      socket?.destroy();
      return null;
    }
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      let hasHeld = false;
      try {
        await this.hold(() => (hasHeld = true));
      } catch (error) {
        this.reportOutage(error);
      }
      this.setHeld(false);
      if (!hasHeld) await this.pauseBeforeRetake();
    }
  }

  /** Takes and keeps the lock until `stop` is called. Rejects if the connection is lost. */
  private async hold(onHeld: () => void): Promise<void> {
    const socket = new Socket();
    this.socket = socket;
    const client = this.createClient(socket);
    let lost: Error | undefined;
    client.on('error', (error) => {
      lost = error;
      if (this.socket !== socket) return;
      this.client = undefined;
      this.setHeld(false);
      this.wakeUp();
    });
    try {
      await client.connect();
      this.client = client;
      while (!this.isStopped) {
        if (lost !== undefined) throw lost;
        if (this.held ? await this.isStillHeld(client) : await this.take(client)) {
          onHeld();
          this.setHeld(true);
          await this.pause(PING_MS);
        } else {
          this.setHeld(false);
          await this.pauseBeforeRetake();
        }
      }
    } finally {
      this.client = undefined;
      this.socket = undefined;
      // Not closed gracefully: a frozen database would not answer, and closing the socket frees the lock just as fast.
      socket.destroy();
    }
  }

  private createClient(socket: Socket): Client {
    return new Client({
      stream: () => socket,
      connectionString: this.env.connectionUrl,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      ...(!this.env.isBehindTransactionPooler && serverLimits(ANSWER_MS)),
      keepAlive: true,
      application_name: 'owner-lock',
    });
  }

  private async take(client: Client): Promise<boolean> {
    if (this.leaseOwner === null) return this.isAnswered(client);
    const { rows } = await client.query<{ backend: number; taken: boolean }>(
      'SELECT pg_backend_pid() AS backend, pg_try_advisory_lock($1) AS taken',
      [this.owner],
    );
    this.backend = rows[0]?.backend;
    if (rows[0]?.taken === true) return true;
    // Only this process uses the number, so an earlier connection holds it that the server has not closed yet.
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE ${isSessionLockOf('$1::bigint')}`, [
      this.owner,
    ]);
    return false;
  }

  /** The connection alone proves nothing: a pooler can switch its session, and an operator can free locks. */
  private async isStillHeld(client: Client): Promise<boolean> {
    if (this.leaseOwner === null) return this.isAnswered(client);
    const { rows } = await client.query<{ backend: number; held: boolean }>(
      `SELECT pg_backend_pid() AS backend, EXISTS (
         SELECT 1 FROM pg_locks WHERE ${isSessionLockOf('$1::bigint')} AND pid = pg_backend_pid()
       ) AS held`,
      [this.owner],
    );
    if (rows[0]?.backend !== this.backend) throw sessionChanged();
    return rows[0]?.held === true;
  }

  private async isAnswered(client: Client): Promise<boolean> {
    await client.query('SELECT 1');
    return true;
  }

  private reportOutage(error: unknown): void {
    if (!this.isOutageReported && !this.isStopped) this.events.onError(error);
    this.isOutageReported = true;
  }

  private setHeld(isHeld: boolean): void {
    if (this.held === isHeld) return;
    this.held = isHeld;
    this.outageSince = isHeld ? undefined : performance.now();
    if (isHeld) this.isOutageReported = false;
    this.events.onChange(isHeld);
  }

  private async pauseBeforeRetake(): Promise<void> {
    this.outageSince ??= performance.now();
    await this.pause(retakePauseMs(performance.now() - this.outageSince));
  }

  private async pause(ms: number): Promise<void> {
    if (this.isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function sessionChanged(): DomainError {
  return new DomainError('configuration_invalid', {
    message: 'DATABASE_URL leads to a connection pooler that changes sessions: set DATABASE_POOLER=transaction.',
  });
}
