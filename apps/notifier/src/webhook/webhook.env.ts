import { EnvInteger, EnvOneOf } from '@app/config';

export class WebhookEnv {
  /** The longest time that the server of a webhook can take to answer, in seconds. */
  @EnvInteger(1, 300)
  WEBHOOK_TIMEOUT_SECONDS = 15;

  /** `allow` permits calls to private, loopback and link-local addresses. For development only. */
  @EnvOneOf(['refuse', 'allow'])
  WEBHOOK_PRIVATE_ADDRESSES: 'refuse' | 'allow' = 'refuse';
}
