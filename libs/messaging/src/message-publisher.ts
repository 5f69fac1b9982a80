import type { Message } from './message.js';

/**
 * What became of a message. `confirmed`: a queue holds it on disk. `refused`: no queue has it (returned, negatively
 * acknowledged, or never sent). `unknown`: it was sent and no answer came; it may or may not be there.
 */
export type PublishOutcome = 'confirmed' | 'refused' | 'unknown';

export interface PublishOptions {
  /** The id of the request that this message follows from. */
  readonly correlationId?: string;
  /** W3C trace context, as in the header `traceparent`. */
  readonly traceparent?: string;
}

export interface QueueState {
  readonly readyMessages: number;
  readonly consumers: number;
}

/** Publishes messages and looks at queues. Every call is bounded in time, and nothing is kept for later. */
export abstract class MessagePublisher {
  /** Never throws and never buffers: without a connection the message is refused at once. */
  abstract publish(message: Message, options?: PublishOptions): Promise<PublishOutcome>;

  /** Throws DomainError `broker_unavailable` where the broker does not answer or the queue does not exist. */
  abstract queueState(queue: string): Promise<QueueState>;

  /** Throws a DomainError that says what is missing: the connection, an exchange or queue, or room on the broker. */
  abstract check(): Promise<void>;
}
