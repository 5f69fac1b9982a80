import type { IncomingHttpHeaders } from 'node:http';
import type { User } from '@app/database';
import { Injectable } from '@nestjs/common';
import { bearerToken } from './bearer-token.js';
import { KnownUsers } from './known-users.js';
import { VerifiedTokens, type VerifiedClaims } from './verified-tokens.js';

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
    const claims = this.claimsOf(headers);
    return claims === null ? null : this.users.findOwner(claims);
  }

  /** Does not read the database, so the user is one that was read within the last seconds. */
  findKnown(headers: IncomingHttpHeaders): User | null {
    const claims = this.claimsOf(headers);
    return claims === null ? null : this.users.findKnownOwner(claims);
  }

  private claimsOf(headers: IncomingHttpHeaders): VerifiedClaims | null {
    const token = bearerToken(headers);
    return token === null ? null : this.tokens.find(token);
  }
}
