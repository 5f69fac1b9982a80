import { DomainError } from '@app/domain';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { CONVERSION_FINISHED, ConversionFinished } from './conversion-finished.message.js';
import { CONVERSION_REQUESTED, ConversionRequested } from './conversion-requested.message.js';
import type { Message, MessageType } from './message.js';

export const MAX_MESSAGE_BYTES = 64 * 1024;
export const MESSAGE_CONTENT_TYPE = 'application/json';

const CONTRACTS = {
  [CONVERSION_REQUESTED]: ConversionRequested,
  [CONVERSION_FINISHED]: ConversionFinished,
} as const satisfies Record<MessageType, new () => Message>;

/**
 * The message in a delivery's body, validated against its contract; else a DomainError `malformed_message`.
 * Properties that the contract does not know are dropped: a later minor change may add some.
 */
export function parseMessage(content: Buffer, contentType?: string): Message {
  const plain = parseObject(content, contentType);
  if (!isMessageType(plain['type'])) throw malformed('its type is unknown');
  const contract: new () => Message = CONTRACTS[plain['type']];
  const message = plainToInstance(contract, plain);
  const errors = validateSync(message, { whitelist: true });
  if (errors.length > 0)
    throw malformed(`these fields are wrong: ${errors.map(({ property }) => property).join(', ')}`);
  return message;
}

export function serializeMessage(message: Message): Buffer {
  return Buffer.from(JSON.stringify(message));
}

function parseObject(content: Buffer, contentType: string | undefined): Record<string, unknown> {
  if (content.length > MAX_MESSAGE_BYTES) throw malformed(`it is larger than ${MAX_MESSAGE_BYTES} bytes`);
  if (contentType !== undefined && contentType.split(';', 1)[0]?.trim().toLowerCase() !== MESSAGE_CONTENT_TYPE) {
    throw malformed(`its content type is not ${MESSAGE_CONTENT_TYPE}`);
  }
  const value = parseJson(content);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is not a JSON object');
  return value as Record<string, unknown>;
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (error) {
    throw malformed('it is not JSON', error);
  }
}

function isMessageType(type: unknown): type is MessageType {
  return typeof type === 'string' && Object.hasOwn(CONTRACTS, type);
}

function malformed(reason: string, cause?: unknown): DomainError {
  return new DomainError('malformed_message', `The message cannot be read: ${reason}.`, { cause });
}
