import { UserRepository, type User } from '@app/database';
import { Injectable } from '@nestjs/common';

/** After this, a deleted user is out on every api, and so are the tokens from before a change of the password. */
export const USER_KNOWN_MS = 5_000;
const MAX_KNOWN = 10_000;

/** The claims of a token about its owner. */
export interface TokenClaims {
  readonly userId: number;
  readonly tokenVersion: number;
}

interface KnownUser {
  readonly reading: Promise<User | null>;
  readonly until: number;
  /** Null until the row has been read. */
  user: User | null;
}

/** Finds the users of access tokens, and reads the row of each once in a few seconds. */
@Injectable()
export class KnownUsers {
  /** Oldest first. */
  private readonly known = new Map<number, KnownUser>();

  constructor(private readonly users: UserRepository) {}

  async find(id: number): Promise<User | null> {
    const now = performance.now();
    const known = this.known.get(id);
    if (known !== undefined && known.until > now) return known.reading;
    const reading = this.users.findById(id);
    const entry: KnownUser = { reading, until: now + USER_KNOWN_MS, user: null };
    this.remember(id, entry);
    // Only users who exist are remembered: an error or an unknown id is asked for again.
    entry.user = await reading.catch((error: unknown) => {
      this.known.delete(id);
      throw error;
    });
    if (entry.user === null) this.known.delete(id);
    return entry.user;
  }

  /** Returns null if the user does not exist, or the token is from before a change of the password. */
  async findOwner({ userId, tokenVersion }: TokenClaims): Promise<User | null> {
    let user = await this.find(userId);
    if (user !== null && user.tokenVersion < tokenVersion) {
      // Another api has raised the version since this one read the row.
      this.forget(userId);
      user = await this.find(userId);
    }
    return user?.tokenVersion === tokenVersion ? user : null;
  }

  /** Does not read the database: returns null also if the row was not read within the last seconds. */
  findKnownOwner({ userId, tokenVersion }: TokenClaims): User | null {
    const known = this.known.get(userId);
    const user = known !== undefined && known.until > performance.now() ? known.user : null;
    return user?.tokenVersion === tokenVersion ? user : null;
  }

  /** Reads the row again next time: the user has changed it. */
  forget(id: number): void {
    this.known.delete(id);
  }

  private remember(id: number, known: KnownUser): void {
    this.known.delete(id);
    this.known.set(id, known);
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_KNOWN && oldest !== undefined) this.known.delete(oldest);
  }
}
