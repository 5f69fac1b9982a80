import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { User } from '@app/database';

export interface AuthenticatedRequest {
  user: User;
}

/** The user that JwtAuthGuard authenticated. */
export const CurrentUser = createParamDecorator((_data: undefined, context: ExecutionContext): User => {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().user;
});
