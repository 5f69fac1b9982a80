import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';

/** Admits whoever holds a valid access token of a user who exists. */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  override handleRequest<TUser>(error: unknown, user: TUser | false | null | undefined): TUser {
    if (error instanceof Error) throw error;
    if (!user) throw new DomainError('unauthorized');
    return user;
  }
}
