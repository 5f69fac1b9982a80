import type { User } from '@app/database';
import { Body, Controller, HttpCode, Post, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { LimitPerAddress } from '../rate-limits/address-limit.guard.js';
import { ClientAddress } from '../rate-limits/client-address.decorator.js';
import { RateLimiter } from '../rate-limits/rate-limiter.js';
import { ApiAccountEmails, ApiRequestPasswordReset, ApiRequestVerification } from './account-email.operations.js';
import { AccountEmailService } from './account-email.service.js';
import { PasswordResetDto } from './password-reset.dto.js';

const MAX_BODY_BYTES = 4 * 1024;

/** Asks for emails about an account. */
@ApiAccountEmails()
@Controller('auth')
export class AccountEmailController {
  constructor(
    private readonly emails: AccountEmailService,
    private readonly limiter: RateLimiter,
  ) {}

  @Post('email-verification')
  @ApiRequestVerification()
  @LimitPerAddress('email')
  @UseGuards(JwtAuthGuard)
  @HttpCode(202)
  async requestVerification(@CurrentUser() user: User, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.limiter.take('email-account', `user ${user.id}`, response);
    await this.emails.requestVerification(user.id);
  }

  @Post('password-reset')
  @ApiRequestPasswordReset()
  @LimitPerAddress('email')
  @HttpCode(202)
  @UseInterceptors(new ReadBodyInterceptor({ form: false, maxBytes: MAX_BODY_BYTES }))
  async requestPasswordReset(
    @Body() { email }: PasswordResetDto,
    @ClientAddress() client: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.limiter.take('email-account', `${client} ${email.toLowerCase()}`, response);
    await this.emails.requestPasswordReset(email);
  }
}
