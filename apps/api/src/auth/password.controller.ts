import type { User } from '@app/database';
import { Body, Controller, HttpCode, Post, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Response } from 'express';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { LimitPerAddress } from '../rate-limits/address-limit.guard.js';
import { ClientAddress } from '../rate-limits/client-address.decorator.js';
import { RateLimiter } from '../rate-limits/rate-limiter.js';
import { AccessTokenDto } from './access-token.dto.js';
import { ApiAccounts, ApiChangePassword } from './auth.operations.js';
import { ChangePasswordDto } from './change-password.dto.js';
import { CurrentUser } from './current-user.decorator.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { PasswordService } from './password.service.js';

const MAX_BODY_BYTES = 4 * 1024;

/** Routes for which a signed-in user must enter the password. Wrong passwords count as failed sign-ins. */
@ApiAccounts()
@Controller('auth')
export class PasswordController {
  constructor(
    private readonly passwords: PasswordService,
    private readonly limiter: RateLimiter,
  ) {}

  @Post('password')
  @ApiChangePassword()
  @LimitPerAddress('login')
  @UseGuards(JwtAuthGuard)
  @HttpCode(200)
  @UseInterceptors(new ReadBodyInterceptor({ form: false, maxBytes: MAX_BODY_BYTES }))
  async change(
    @CurrentUser() { id, username }: User,
    @Body() { current_password: current, new_password: next }: ChangePasswordDto,
    @ClientAddress() client: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AccessTokenDto> {
    const token = await this.limiter.limitFailures('login-account', `${client} ${username}`, response, () =>
      this.passwords.change(id, { current, next }, client),
    );
    return new AccessTokenDto(token);
  }
}
