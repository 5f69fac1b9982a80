import { FAILURES, isFailureCode } from '@app/domain';
import type { TakenDelivery } from '@app/database';

/** The recorded facts of an event about its job. */
export interface ConversionFacts {
  readonly job_id: string;
  readonly status: string;
  readonly error: string | null;
  readonly revision: number;
  readonly filename?: string;
  readonly duration_ms?: number | null;
  readonly output_size?: number | null;
}

/** Returns the body of a webhook request in the form of Standard Webhooks: type, timestamp, data. */
export function eventBody({ eventType, occurredAt, facts }: TakenDelivery, publicUrl: string | null): string {
  const data = isConversion(facts) ? conversionData(facts, publicUrl) : facts;
  return JSON.stringify({ type: eventType, timestamp: occurredAt.toISOString(), data });
}

function isConversion(facts: object): facts is ConversionFacts {
  return 'job_id' in facts;
}

function conversionData(facts: ConversionFacts, publicUrl: string | null): object {
  const { duration_ms, error, ...rest } = facts;
  const path = `/media/${facts.job_id}`;
  const origin = publicUrl ?? '';
  return {
    ...rest,
    error,
    error_message: error !== null && isFailureCode(error) ? FAILURES[error].message : null,
    duration: typeof duration_ms === 'number' ? duration_ms / 1000 : null,
    links: {
      status: `${origin}${path}/status`,
      ...(facts.status === 'DONE' && { download: `${origin}${path}/download` }),
    },
  };
}
