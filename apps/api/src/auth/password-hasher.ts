import { randomBytes } from 'node:crypto';
import { DomainError } from '@app/domain';
import bcrypt from 'bcrypt';

/** bcrypt reads no further: a longer password would be cut off silently. */
export const MAX_PASSWORD_BYTES = 72;

export interface PasswordHasherOptions {
  /** bcrypt's work factor: each step doubles the time. */
  readonly cost: number;
  /** Hashes at one time: each takes a core for a quarter of a second. */
  readonly concurrency: number;
  /** Requests that may wait for a hash; more are refused at once. */
  readonly maxWaiting: number;
}

export const PRODUCTION_HASHING: PasswordHasherOptions = { cost: 12, concurrency: 2, maxWaiting: 32 };

/** Hashes and compares passwords, a bounded number at a time. */
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly dummyHash: Promise<string>;

  constructor(private readonly options: PasswordHasherOptions) {
    this.dummyHash = bcrypt.hash(randomBytes(16).toString('hex'), options.cost);
  }

  async hash(password: string): Promise<string> {
    return this.inTurn(() => bcrypt.hash(password, this.options.cost));
  }

  /**
   * Compares a password with a user's hash. Without a user (null), or with a password that no account can have, the
   * same work is done against a hash that nobody knows the password of.
   */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const isPossible = hash !== null && Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
    const compared = isPossible ? hash : await this.dummyHash;
    const isEqual = await this.inTurn(() => bcrypt.compare(password, compared));
    return isPossible && isEqual;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.options.concurrency) {
      if (this.waiting.length >= this.options.maxWaiting) {
        throw new DomainError('too_busy', 'Too many people are signing in right now. Try again in a moment.', {
          retryable: true,
        });
      }
      // The one who ends hands its place on, so `running` stays.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
