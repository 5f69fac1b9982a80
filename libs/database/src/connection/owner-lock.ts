import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { Client } from 'pg';
import { isSessionLockOf } from './advisory-locks.js';
import type { DatabaseEnv } from './database.env.js';

const RETAKE_MS = 250;
const PING_MS = 1_000;
const ANSWER_MS = 5_000;

export interface OwnerLockEvents {
  /** Called with true once the lock is held, with false as soon as its connection is known to be broken. */
  onChange(isHeld: boolean): void;
  /** Called once for an outage, however often the lock is tried for in vain. */
  onError(error: unknown): void;
}

/**
 * The sign of life of one worker process: a session advisory lock of a random number, held on a connection of its
 * own, which PostgreSQL frees within milliseconds of the process's death. Retaken whenever the connection breaks.
 */
export class OwnerLock {
  /** 63 random bits, decimal: drawn anew by each process, never a host or worker name that could come back. */
  readonly owner = (randomBytes(8).readBigUInt64BE() >> 1n).toString();

  private socket: Socket | undefined;
  private held = false;
  private isStopped = false;
  private isOutageTold = false;
  private finished: Promise<void> = Promise.resolve();
  private wakeUp: () => void = () => undefined;

  constructor(
    private readonly env: DatabaseEnv,
    private readonly events: OwnerLockEvents,
  ) {}

  get isHeld(): boolean {
    return this.held;
  }

  start(): void {
    this.finished = this.run();
  }

  /** Ends at once, also while the database does not answer; PostgreSQL frees the lock when the socket closes. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.wakeUp();
    this.socket?.destroy();
    await this.finished;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      let hasHeld = false;
      try {
        await this.hold(() => (hasHeld = true));
      } catch (error) {
        this.tellOutage(error);
      }
      this.setHeld(false);
      if (!hasHeld) await this.pause(RETAKE_MS);
    }
  }

  /** Returns when stopped, throws when the connection is lost. */
  private async hold(onHeld: () => void): Promise<void> {
    const socket = new Socket();
    this.socket = socket;
    const client = new Client({
      stream: () => socket,
      connectionString: this.env.connectionUrl,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
      application_name: 'owner-lock',
    });
    let lost: Error | undefined;
    client.on('error', (error) => {
      lost = error;
      if (this.socket !== socket) return;
      this.setHeld(false);
      this.wakeUp();
    });
    try {
      await client.connect();
      while (!this.isStopped) {
        if (lost !== undefined) throw lost;
        if (this.held) await client.query('SELECT 1');
        else if (await this.take(client)) {
          onHeld();
          this.setHeld(true);
        }
        await this.pause(this.held ? PING_MS : RETAKE_MS);
      }
    } finally {
      this.socket = undefined;
      // No goodbye: a frozen database would not answer it, and a closed socket frees the lock as fast.
      socket.destroy();
    }
  }

  private async take(client: Client): Promise<boolean> {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [this.owner]);
    if (rows[0]?.taken === true) return true;
    // The number is this process's own: who holds it is a connection of its past, lost without the server's knowledge.
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE ${isSessionLockOf('$1::bigint')}`, [
      this.owner,
    ]);
    return false;
  }

  private tellOutage(error: unknown): void {
    if (!this.isOutageTold && !this.isStopped) this.events.onError(error);
    this.isOutageTold = true;
  }

  private setHeld(isHeld: boolean): void {
    if (this.held === isHeld) return;
    this.held = isHeld;
    if (isHeld) this.isOutageTold = false;
    this.events.onChange(isHeld);
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
