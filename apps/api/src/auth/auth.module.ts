import { DatabaseModule } from '@app/database';
import { SecretKeyEnv } from '@app/secrets';
import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { RateLimitsModule } from '../rate-limits/rate-limits.module.js';
import { AccessTokens, signingOptions } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthEnv } from './auth.env.js';
import { AuthService } from './auth.service.js';
import { JwtStrategy } from './jwt.strategy.js';
import { KnownUsers } from './known-users.js';
import { SignedInUsers } from './signed-in-users.js';
import { VerifiedTokens } from './verified-tokens.js';
import { ProfileService } from './profile.service.js';
import { PasswordHasher, PRODUCTION_HASHING } from './password-hasher.js';
import { PasswordController } from './password.controller.js';
import { PasswordService } from './password.service.js';

@Module({
  imports: [
    DatabaseModule,
    PassportModule,
    RateLimitsModule,
    JwtModule.registerAsync({ inject: [AuthEnv, SecretKeyEnv], useFactory: signingOptions }),
  ],
  controllers: [AuthController, PasswordController],
  providers: [
    AccessTokens,
    AuthService,
    JwtStrategy,
    KnownUsers,
    PasswordService,
    ProfileService,
    SignedInUsers,
    { provide: VerifiedTokens, useFactory: () => new VerifiedTokens() },
    { provide: PasswordHasher, useFactory: () => new PasswordHasher(PRODUCTION_HASHING) },
  ],
  exports: [KnownUsers, PasswordService, SignedInUsers],
})
export class AuthModule {}
