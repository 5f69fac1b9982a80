import type { AttemptResult, DeliveryChannel, TakenDelivery } from '@app/database';

/** The result of one attempt. */
export interface SendResult extends Pick<AttemptResult, 'httpStatus' | 'error'> {
  /** True if no further attempt can succeed. */
  readonly isFinal?: boolean;
}

/** Makes the attempts of one channel. */
export abstract class DeliverySender {
  abstract readonly channel: DeliveryChannel;
  /** Seconds between the attempts. */
  abstract readonly delays: readonly number[];
  /** The most attempts at a time for one target of one user. */
  abstract readonly perTarget: number;

  /** Rejects only if `signal` aborts, with its reason. All other failures are results. */
  abstract send(delivery: TakenDelivery, signal: AbortSignal): Promise<SendResult>;
}
