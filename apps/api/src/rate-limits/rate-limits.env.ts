import { EnvInteger } from '@app/config';

export class RateLimitsEnv {
  /** The maximum number of failed sign-ins to one account from one address in 15 minutes; 0 turns the limit off. */
  @EnvInteger(0, 1_000_000)
  LOGIN_FAILURES_PER_ACCOUNT = 10;

  /** The maximum number of sign-ins from one address (IPv6: one /64 network) in 15 minutes, successful or not; 0 turns the limit off. */
  @EnvInteger(0, 1_000_000)
  LOGINS_PER_ADDRESS = 100;

  /** The maximum number of sign-ups from one address (IPv6: one /64 network) in an hour, successful or not; 0 turns the limit off. */
  @EnvInteger(0, 1_000_000)
  REGISTRATIONS_PER_ADDRESS = 20;

  /** The maximum number of emails that one address (IPv6: one /64 network) can request in an hour, to verify an address or reset a password; 0 turns the limit off. */
  @EnvInteger(0, 1_000_000)
  EMAILS_PER_ADDRESS = 20;
}
