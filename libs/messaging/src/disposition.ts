const DISPOSITIONS = ['ack', 'requeue', 'dead-letter'] as const;

/**
 * The handler's decision about its delivery. `ack`: the message is settled. `requeue`: another worker can have it; used
 * during a shutdown only. `dead-letter`: no worker can process it.
 */
export type Disposition = (typeof DISPOSITIONS)[number];

export function isDisposition(value: unknown): value is Disposition {
  return DISPOSITIONS.some((disposition) => disposition === value);
}
