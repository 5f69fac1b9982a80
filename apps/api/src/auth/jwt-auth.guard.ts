import { DomainError } from '@app/domain';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AccessTokens } from './access-tokens.js';
import type { AuthenticatedRequest } from './current-user.decorator.js';
import { KnownUsers } from './known-users.js';

/** Many times the length of a token of this service. */
const MAX_HEADER_CHARACTERS = 2048;

/** The scheme in any case, and the token: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^Bearer +(\S+) *$/i;

/** Admits whoever holds a valid access token of a user who exists. */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly users: KnownUsers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest>();
    const token = bearerToken(request.headers.authorization ?? '');
    const userId = token === null ? null : await this.tokens.userIdOf(token);
    const user = userId === null ? null : await this.users.find(userId);
    if (user === null) throw new DomainError('unauthorized');
    request.user = user;
    return true;
  }
}

function bearerToken(header: string): string | null {
  return header.length > MAX_HEADER_CHARACTERS ? null : (BEARER.exec(header)?.[1] ?? null);
}
