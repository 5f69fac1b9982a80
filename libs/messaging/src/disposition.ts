const DISPOSITIONS = ['ack', 'return', 'dead-letter'] as const;

/**
 * What a handler wants done with its delivery. `ack`: it is settled. `return`: another worker may have it, given back
 * on a drain only. `dead-letter`: nobody can do anything with it.
 */
export type Disposition = (typeof DISPOSITIONS)[number];

export function isDisposition(value: unknown): value is Disposition {
  return DISPOSITIONS.some((disposition) => disposition === value);
}
