import type { Message } from './message.js';

/**
 * The outcome of a publish. `confirmed`: a queue holds the message on disk. `rejected`: no queue has it (returned,
 * negatively acknowledged, or never sent). `unknown`: it was sent and not answered, so a queue may or may not have it.
 */
export type PublishOutcome = 'confirmed' | 'rejected' | 'unknown';

export interface PublishOptions {
  /** The id of the HTTP request that led to this message. */
  readonly correlationId?: string;
  /** W3C trace context, as in the HTTP header of the same name. */
  readonly traceparent?: string;
}

export interface QueueState {
  readonly readyMessages: number;
  readonly consumers: number;
}

/** Publishes messages and reads the state of queues. Every call is bounded in time; no message is buffered. */
export abstract class MessagePublisher {
  /** Never throws. Without a connection the message is rejected at once. */
  abstract publish(message: Message, options?: PublishOptions): Promise<PublishOutcome>;

  /** Rejects with `broker_unavailable` if the broker does not answer or the queue does not exist. */
  abstract queueState(queue: string): Promise<QueueState>;

  /** Rejects with a DomainError that names what is missing: the connection, an exchange or queue, or memory or disk on the broker. */
  abstract check(): Promise<void>;
}
