import type { IncomingHttpHeaders } from 'node:http';
import type { User } from '@app/database';
import { Injectable } from '@nestjs/common';
import { bearerToken } from './bearer-token.js';
import { KnownUsers } from './known-users.js';
import { VerifiedTokens } from './verified-tokens.js';

/**
 * Finds the user of a request by a token that this process has verified before, without passport. A null says nothing
 * about the token: JwtAuthGuard then verifies it.
 */
@Injectable()
export class SignedInUsers {
  constructor(
    private readonly tokens: VerifiedTokens,
    private readonly users: KnownUsers,
  ) {}

  async find(headers: IncomingHttpHeaders): Promise<User | null> {
    const userId = this.userIdOf(headers);
    return userId === null ? null : this.users.find(userId);
  }

  /** Does not read the database, so the user is one that was read within the last seconds. */
  findKnown(headers: IncomingHttpHeaders): User | null {
    const userId = this.userIdOf(headers);
    return userId === null ? null : this.users.findKnown(userId);
  }

  private userIdOf(headers: IncomingHttpHeaders): number | null {
    const token = bearerToken(headers);
    return token === null ? null : (this.tokens.find(token)?.userId ?? null);
  }
}
