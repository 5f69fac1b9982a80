import { DatabaseModule } from '@app/database';
import { Global, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { RateLimitsModule } from '../rate-limits/rate-limits.module.js';
import { AccessTokens, tokenOptions } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthEnv } from './auth.env.js';
import { AuthService } from './auth.service.js';
import { KnownUsers } from './known-users.js';
import { PasswordHasher, PRODUCTION_HASHING } from './password-hasher.js';

/** Global, because the guard of any controller needs what it exports. */
@Global()
@Module({
  imports: [DatabaseModule, RateLimitsModule, JwtModule.registerAsync({ inject: [AuthEnv], useFactory: tokenOptions })],
  controllers: [AuthController],
  providers: [
    AccessTokens,
    AuthService,
    KnownUsers,
    { provide: PasswordHasher, useFactory: () => new PasswordHasher(PRODUCTION_HASHING) },
  ],
  exports: [AccessTokens, KnownUsers],
})
export class AuthModule {}
