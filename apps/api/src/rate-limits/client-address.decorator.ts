import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { clientAddress } from '../http/client-address.js';

/** The network address that a request is counted under. */
export const ClientAddress = createParamDecorator((_data: undefined, context: ExecutionContext): string =>
  clientAddress(context.switchToHttp().getRequest<Request>()),
);
