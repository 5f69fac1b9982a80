import {
  Injectable,
  Logger,
  SetMetadata,
  UseGuards,
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { clientAddress } from '../http/client-address.js';
import { RateLimiter, type Policy } from './rate-limiter.js';

const POLICY = 'rate-limit-policy';

/** Limits a route by client address, before the body of the request is read. */
export function LimitPerAddress(policy: Policy): MethodDecorator {
  return applyDecorators(SetMetadata(POLICY, policy), UseGuards(AddressLimitGuard));
}

@Injectable()
export class AddressLimitGuard implements CanActivate {
  private readonly logger = new Logger(AddressLimitGuard.name);
  private hasWarned = false;

  constructor(
    private readonly limiter: RateLimiter,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    this.warnOfUnknownProxy(request);
    const policy = this.reflector.get<Policy>(POLICY, context.getHandler());
    await this.limiter.take(policy, clientAddress(request), http.getResponse<Response>());
    return true;
  }

  /** Behind a proxy that is not trusted, all clients have one address. */
  private warnOfUnknownProxy({ app, headers }: Request): void {
    if (this.hasWarned || headers['x-forwarded-for'] === undefined || app.get('trust proxy') !== 0) return;
    this.hasWarned = true;
    this.logger.warn('A request has X-Forwarded-For, which is ignored. If a proxy sent it, set TRUST_PROXY');
  }
}
