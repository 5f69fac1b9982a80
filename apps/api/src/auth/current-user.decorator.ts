import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { User } from '@app/database';
import type { Request } from 'express';

/** The user that JwtAuthGuard authenticated. */
export const CurrentUser = createParamDecorator((_data: undefined, context: ExecutionContext): User => {
  return context.switchToHttp().getRequest<Request & { user: User }>().user;
});
