import { RateLimitRepository, type RateLimit, type RateLimitState } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { addRateLimitHeaders } from './rate-limit-headers.js';
import { RateLimitsEnv } from './rate-limits.env.js';

export type Policy = 'login' | 'login-account' | 'registration' | 'registration-account' | 'email' | 'email-account';

const QUARTER_OF_AN_HOUR = 900;
const HOUR = 3600;
const CLEANUP_INTERVAL_MS = 60_000;

/** Limits how often something is tried. The counters are shared by all api processes. */
@Injectable()
export class RateLimiter {
  private readonly logger = new Logger(RateLimiter.name);
  private readonly policies: Readonly<Record<Policy, RateLimit>>;
  private cleanedAt = performance.now();

  constructor(
    private readonly buckets: RateLimitRepository,
    env: RateLimitsEnv,
  ) {
    this.policies = {
      login: { limit: env.LOGINS_PER_ADDRESS, windowSeconds: QUARTER_OF_AN_HOUR },
      'login-account': { limit: env.LOGIN_FAILURES_PER_ACCOUNT, windowSeconds: QUARTER_OF_AN_HOUR },
      registration: { limit: env.REGISTRATIONS_PER_ADDRESS, windowSeconds: HOUR },
      'registration-account': { limit: Math.min(env.REGISTRATIONS_PER_ADDRESS, 5), windowSeconds: HOUR },
      email: { limit: env.EMAILS_PER_ADDRESS, windowSeconds: HOUR },
      'email-account': { limit: Math.min(env.EMAILS_PER_ADDRESS, 5), windowSeconds: HOUR },
    };
  }

  /** Counts one try and writes the RateLimit headers of the response; throws `too_many_requests` over the limit. */
  async take(policy: Policy, key: string, response: Response): Promise<void> {
    const limit = this.policies[policy];
    if (limit.limit === 0) return;
    const state = await this.buckets.take(`${policy} ${key}`, limit);
    this.cleanUpSometimes();
    addRateLimitHeaders(response, policy, limit, state);
    if (!state.isAllowed) throw tooManyRequests(state);
  }

  /** Runs the work and counts it only if it fails. Success forgets earlier failures; a retryable error is no failure. */
  async limitFailures<T>(policy: Policy, key: string, response: Response, work: () => Promise<T>): Promise<T> {
    if (this.policies[policy].limit === 0) return work();
    await this.take(policy, key, response);
    try {
      const result = await work();
      await this.buckets.reset(`${policy} ${key}`);
      return result;
    } catch (error) {
      if (error instanceof DomainError && error.retryable) await this.giveBack(policy, key);
      throw error;
    }
  }

  private async giveBack(policy: Policy, key: string): Promise<void> {
    await this.buckets.giveBack(`${policy} ${key}`, this.policies[policy]).catch((error: unknown) => {
      this.logger.warn({ err: error, msg: 'A try that was no failure stays counted' });
    });
  }

  private cleanUpSometimes(): void {
    const now = performance.now();
    if (now - this.cleanedAt < CLEANUP_INTERVAL_MS) return;
    this.cleanedAt = now;
    this.buckets.deleteFull().catch((error: unknown) => {
      this.logger.warn({ err: error, msg: 'Expired rate limits were not deleted' });
    });
  }
}

function tooManyRequests({ retryAfterSeconds }: RateLimitState): DomainError {
  return new DomainError('too_many_requests', { params: { retryAfterSeconds } });
}
