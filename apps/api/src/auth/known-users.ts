import { UserRepository, type User } from '@app/database';
import { Injectable } from '@nestjs/common';

/** After this, a deleted user is out on every api. */
export const USER_KNOWN_MS = 5_000;
const MAX_KNOWN = 10_000;

interface KnownUser {
  readonly user: Promise<User | null>;
  readonly until: number;
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
    if (known !== undefined && known.until > now) return known.user;
    const user = this.users.findById(id);
    this.remember(id, { user, until: now + USER_KNOWN_MS });
    // Only users who exist are remembered: an error or an unknown id is asked for again.
    const found = await user.catch((error: unknown) => {
      this.known.delete(id);
      throw error;
    });
    if (found === null) this.known.delete(id);
    return found;
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
