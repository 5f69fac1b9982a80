import { CONVERSION_FINISHED } from './conversion-finished.message.js';
import { CONVERSION_REQUESTED } from './conversion-requested.message.js';
import type { MessageType } from './message.js';

export const EXCHANGE = { name: 'media', type: 'direct' } as const;

export const VIDEO_QUEUE = 'video';
export const MP3_QUEUE = 'mp3';

export type QueueArguments = Readonly<Record<string, string | number>>;

export interface QueueDeclaration {
  readonly name: string;
  /** The message type that the exchange routes to this queue; null for dead-letter queues. */
  readonly routingKey: MessageType | null;
  readonly arguments: QueueArguments;
}

/** Always set: without it the limit is 20 on RabbitMQ 4 and there is none on 3.10. */
const DELIVERY_LIMIT = 20;
/** Operators read dead letters, and each message that they put back counts as a delivery. */
const DEAD_DELIVERY_LIMIT = 1000;
/** A flood of invalid messages must not fill the broker's disk; the oldest are dropped first. */
const DEAD_MAX_LENGTH = 10_000;

export function deadLetterQueue(queue: string): string {
  return `${queue}.dead`;
}

const workQueue = (name: string, routingKey: MessageType): QueueDeclaration => ({
  name,
  routingKey,
  arguments: {
    'x-queue-type': 'quorum',
    'x-delivery-limit': DELIVERY_LIMIT,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': deadLetterQueue(name),
  },
});

const deadQueue = (name: string): QueueDeclaration => ({
  name: deadLetterQueue(name),
  routingKey: null,
  arguments: {
    'x-queue-type': 'quorum',
    'x-delivery-limit': DEAD_DELIVERY_LIMIT,
    'x-max-length': DEAD_MAX_LENGTH,
    'x-overflow': 'drop-head',
  },
});

/** Dead-letter queues come first: a work queue must never exist without its target. */
export const QUEUES: readonly QueueDeclaration[] = [
  deadQueue(VIDEO_QUEUE),
  deadQueue(MP3_QUEUE),
  workQueue(VIDEO_QUEUE, CONVERSION_REQUESTED),
  workQueue(MP3_QUEUE, CONVERSION_FINISHED),
];
