import type { User } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Request } from 'express';
import type { AuthenticatedRequest } from './current-user.decorator.js';
import { SignedInUsers } from './signed-in-users.js';

/** Admits whoever holds a valid access token of a user who exists. Passport verifies each token once. */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  constructor(private readonly signedIn: SignedInUsers) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest>();
    const user = await this.signedIn.find(request.headers);
    if (user === null) return (await super.canActivate(context)) === true;
    request.user = user;
    return true;
  }

  override handleRequest<TUser = User>(error: unknown, user: TUser | false | null | undefined): TUser {
    if (error instanceof Error) throw error;
    if (!user) throw new DomainError('unauthorized');
    return user;
  }
}
