import { DatabaseModule } from '@app/database';
import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { RateLimitsModule } from '../rate-limits/rate-limits.module.js';
import { AccessTokens, TOKEN_AUDIENCE, TOKEN_ISSUER } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthEnv } from './auth.env.js';
import { AuthService } from './auth.service.js';
import { JwtStrategy } from './jwt.strategy.js';
import { PasswordHasher, PRODUCTION_HASHING } from './password-hasher.js';

@Module({
  imports: [
    DatabaseModule,
    PassportModule,
    RateLimitsModule,
    JwtModule.registerAsync({
      inject: [AuthEnv],
      useFactory: (env: AuthEnv) => ({
        secret: env.SECRET_KEY,
        signOptions: {
          algorithm: env.ALGORITHM,
          issuer: TOKEN_ISSUER,
          audience: TOKEN_AUDIENCE,
          expiresIn: env.tokenLifetimeSeconds,
        },
      }),
    }),
  ],
  controllers: [AuthController],
  providers: [
    AccessTokens,
    AuthService,
    JwtStrategy,
    { provide: PasswordHasher, useFactory: () => new PasswordHasher(PRODUCTION_HASHING) },
  ],
})
export class AuthModule {}
