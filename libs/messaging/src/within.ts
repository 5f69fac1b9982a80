import { DomainError } from '@app/domain';

/**
 * Limits the wait for a reply of the broker; a late reply or error is ignored. amqplib's own calls have no timeouts, and
 * a frozen broker answers none of them until the missing heartbeat ends the connection.
 */
export async function within<T>(timeoutMs: number, reply: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(brokerUnavailable('The message broker does not answer in time.')), timeoutMs);
  });
  try {
    return await Promise.race([reply, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

export function brokerUnavailable(message: string, cause?: unknown): DomainError {
  return new DomainError('broker_unavailable', { message, cause });
}
