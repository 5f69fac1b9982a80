import { CONVERSION_FINISHED } from './conversion-finished.message.js';
import { CONVERSION_REQUESTED } from './conversion-requested.message.js';
import type { MessageType } from './message.js';

export const EXCHANGE = { name: 'media', type: 'direct' } as const;

export const VIDEO_QUEUE = 'video';
export const MP3_QUEUE = 'mp3';

export type QueueArguments = Readonly<Record<string, string | number>>;

export interface QueueDeclaration {
  readonly name: string;
  /** The type of message that the exchange routes here; dead-letter queues have none. */
  readonly routingKey: MessageType | null;
  readonly arguments: QueueArguments;
}

/** Set on purpose everywhere: an unset limit means 20 on RabbitMQ 4 and none on 3.10. */
const DELIVERY_LIMIT = 20;
/** People look at dead letters, and each look that puts one back counts. */
const DEAD_DELIVERY_LIMIT = 1000;
/** A flood of garbage must not fill the broker's disk; the oldest go first. */
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

/** Dead-letter queues first: a work queue must never exist without its target. */
export const QUEUES: readonly QueueDeclaration[] = [
  deadQueue(VIDEO_QUEUE),
  deadQueue(MP3_QUEUE),
  workQueue(VIDEO_QUEUE, CONVERSION_REQUESTED),
  workQueue(MP3_QUEUE, CONVERSION_FINISHED),
];
