import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DatabaseEnv } from './database.env.js';

const RETAKE_MS = 250;
const PING_MS = 1_000;
const ANSWER_MS = 5_000;

export interface OwnerLockEvents {
  /** Called with true once the lock is held, with false as soon as its connection is known to be broken. */
  onChange(isHeld: boolean): void;
  onError(error: unknown): void;
}

/**
 * The sign of life of one worker process: a session advisory lock of a random number, held on a connection of its
 * own, which PostgreSQL frees within milliseconds of the process's death. Retaken whenever the connection breaks.
 */
export class OwnerLock {
  /** 63 random bits, decimal: drawn anew by each process, never a host or worker name that could come back. */
  readonly owner = (randomBytes(8).readBigUInt64BE() >> 1n).toString();

  private client: Client | undefined;
  private held = false;
  private isStopped = false;
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

  async stop(): Promise<void> {
    this.isStopped = true;
    this.wakeUp();
    await this.finished;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      try {
        await this.hold();
      } catch (error) {
        this.events.onError(error);
      }
      this.setHeld(false);
      await this.client?.end().catch(() => undefined);
      if (!this.isStopped) await this.pause(RETAKE_MS);
    }
  }

  /** Returns when stopped, throws when the connection is lost. */
  private async hold(): Promise<void> {
    const client = new Client({
      connectionString: this.env.connectionUrl,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
      application_name: 'owner-lock',
    });
    this.client = client;
    let lost: Error | undefined;
    client.on('error', (error) => {
      lost = error;
      this.setHeld(false);
      this.wakeUp();
    });
    await client.connect();
    while (!this.isStopped) {
      if (lost !== undefined) throw lost;
      if (this.held) await client.query('SELECT 1');
      else this.setHeld(await this.take(client));
      await this.pause(this.held ? PING_MS : RETAKE_MS);
    }
  }

  private async take(client: Client): Promise<boolean> {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [this.owner]);
    return rows[0]?.taken ?? false;
  }

  private setHeld(isHeld: boolean): void {
    if (this.held === isHeld) return;
    this.held = isHeld;
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
