import type { User } from '@app/database';
import { Body, Controller, Get, HttpCode, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { AccessTokenDto } from './access-token.dto.js';
import { ApiAccounts, ApiLogin, ApiMe, ApiRegister } from './auth.operations.js';
import { AuthService } from './auth.service.js';
import { CurrentUser } from './current-user.decorator.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { LoginDto } from './login.dto.js';
import { RegisterDto } from './register.dto.js';
import { UserDto } from './user.dto.js';

@ApiAccounts()
@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('register')
  @ApiRegister()
  @UseInterceptors(new ReadBodyInterceptor({ form: false }))
  async register(@Body() { username, password, email }: RegisterDto): Promise<UserDto> {
    return new UserDto(await this.auth.register({ username, password, email: email ?? null }));
  }

  @Post('login')
  @ApiLogin()
  @HttpCode(200)
  @UseInterceptors(new ReadBodyInterceptor({ form: true }))
  async login(@Body() { username, password }: LoginDto): Promise<AccessTokenDto> {
    return new AccessTokenDto(await this.auth.login(username, password));
  }

  @Get('me')
  @ApiMe()
  @UseGuards(JwtAuthGuard)
  me(@CurrentUser() user: User): UserDto {
    return new UserDto(user);
  }
}
