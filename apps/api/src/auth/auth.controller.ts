import type { User } from '@app/database';
import { Body, Controller, Get, HttpCode, Patch, Post, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Response } from 'express';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { LimitPerAddress } from '../rate-limits/address-limit.guard.js';
import { ClientAddress } from '../rate-limits/client-address.decorator.js';
import { RateLimiter } from '../rate-limits/rate-limiter.js';
import { AccessTokenDto } from './access-token.dto.js';
import { ApiAccounts, ApiChangeMe, ApiLogin, ApiMe, ApiRegister } from './auth.operations.js';
import { AuthService } from './auth.service.js';
import { ChangeProfileDto } from './change-profile.dto.js';
import { CurrentUser } from './current-user.decorator.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { LoginDto } from './login.dto.js';
import { ProfileService } from './profile.service.js';
import { RegisterDto } from './register.dto.js';
import { UserDto } from './user.dto.js';

/** Several times what a name, a password and an address need. */
const MAX_BODY_BYTES = 4 * 1024;

@ApiAccounts()
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly limiter: RateLimiter,
    private readonly profiles: ProfileService,
  ) {}

  @Post('register')
  @ApiRegister()
  @LimitPerAddress('registration')
  @UseInterceptors(new ReadBodyInterceptor({ form: false, maxBytes: MAX_BODY_BYTES }))
  async register(
    @Body() { username, password, email }: RegisterDto,
    @ClientAddress() client: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserDto> {
    await this.limiter.take('registration-account', `${client} ${username}`, response);
    return new UserDto(await this.auth.register({ username, password, email: email ?? null }, client));
  }

  @Post('login')
  @ApiLogin()
  @LimitPerAddress('login')
  @HttpCode(200)
  @UseInterceptors(new ReadBodyInterceptor({ form: true, maxBytes: MAX_BODY_BYTES }))
  async login(
    @Body() { username, password }: LoginDto,
    @ClientAddress() client: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AccessTokenDto> {
    const token = await this.limiter.limitFailures('login-account', `${client} ${username}`, response, () =>
      this.auth.login(username, password, client),
    );
    return new AccessTokenDto(token);
  }

  @Get('me')
  @ApiMe()
  @UseGuards(JwtAuthGuard)
  me(@CurrentUser() user: User): UserDto {
    return new UserDto(user);
  }

  @Patch('me')
  @ApiChangeMe()
  @UseGuards(JwtAuthGuard)
  @UseInterceptors(new ReadBodyInterceptor({ form: false, maxBytes: MAX_BODY_BYTES }))
  async changeMe(@CurrentUser() user: User, @Body() { notify_email }: ChangeProfileDto): Promise<UserDto> {
    return new UserDto(await this.profiles.change(user, { notifyEmail: notify_email ?? null }));
  }
}
