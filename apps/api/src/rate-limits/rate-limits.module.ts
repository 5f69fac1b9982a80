import { DatabaseModule } from '@app/database';
import { Module } from '@nestjs/common';
import { RateLimiter } from './rate-limiter.js';

@Module({ imports: [DatabaseModule], providers: [RateLimiter], exports: [RateLimiter] })
export class RateLimitsModule {}
