import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DomainError } from '@app/domain';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Tinypool } from 'tinypool';

/** bcrypt reads no further and would cut off a longer password silently. */
export const MAX_PASSWORD_BYTES = 72;

export interface PasswordHasherOptions {
  /** bcrypt's work factor. Each step doubles the time. */
  readonly cost: number;
  /** Threads. One hash occupies a core for a quarter of a second. */
  readonly threads: number;
  /** Requests that can wait for a thread. Further ones are rejected at once. */
  readonly maxWaiting: number;
  /** Running and waiting requests of one client address, so that no client fills the queue alone. */
  readonly maxPerClient: number;
}

export const PRODUCTION_HASHING: PasswordHasherOptions = { cost: 12, threads: 2, maxWaiting: 32, maxPerClient: 4 };

/** Hashes and verifies passwords in a bounded number of threads, so that neither requests nor file access wait for it. */
export class PasswordHasher implements OnApplicationShutdown {
  private readonly pool: Tinypool;
  private readonly dummyHash: string;
  private readonly openByClient = new Map<string, number>();
  private open = 0;

  constructor(private readonly options: PasswordHasherOptions) {
    this.pool = new Tinypool({
      filename: join(import.meta.dirname, 'hashing-thread.js'),
      minThreads: options.threads,
      maxThreads: options.threads,
    });
    this.dummyHash = randomHash(options.cost);
  }

  /** `client` is the network address that the work is done for. */
  async hash(password: string, client: string): Promise<string> {
    return this.inThread('hash', { password, cost: this.options.cost }, client);
  }

  /**
   * Compares a password with a user's hash. Without a user (null), or with a password that no account can have, does
   * the same work against a random hash.
   */
  async verify(password: string, hash: string | null, client: string): Promise<boolean> {
    const isPossible = hash !== null && Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
    const task = { password, hash: isPossible ? hash : this.dummyHash };
    const isEqual = await this.inThread<boolean>('compare', task, client);
    return isPossible && isEqual;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy();
  }

  private async inThread<T>(name: 'hash' | 'compare', task: object, client: string): Promise<T> {
    const { threads, maxWaiting, maxPerClient } = this.options;
    const openOfClient = this.openByClient.get(client) ?? 0;
    if (this.open >= threads + maxWaiting || openOfClient >= maxPerClient) {
      throw new DomainError('too_busy');
    }
    this.open += 1;
    this.openByClient.set(client, openOfClient + 1);
    try {
      return (await this.pool.run(task, { name })) as T;
    } finally {
      this.open -= 1;
      this.release(client);
    }
  }

  private release(client: string): void {
    const remaining = (this.openByClient.get(client) ?? 0) - 1;
    if (remaining > 0) this.openByClient.set(client, remaining);
    else this.openByClient.delete(client);
  }
}

/** A well-formed bcrypt hash whose password nobody knows: 22 characters of salt and 31 of digest. */
function randomHash(cost: number): string {
  const text = randomBytes(40).toString('base64').replaceAll('+', '.').slice(0, 53);
  return `$2b$${String(cost).padStart(2, '0')}$${text}`;
}
