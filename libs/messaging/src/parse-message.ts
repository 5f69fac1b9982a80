import { CONVERSION_FINISHED, ConversionFinished } from './conversion-finished.message.js';
import { CONVERSION_REQUESTED, ConversionRequested } from './conversion-requested.message.js';
import type { Message, MessageType } from './message.js';
import { malformed, validated } from './validated.js';

export const MAX_MESSAGE_BYTES = 64 * 1024;
export const MESSAGE_CONTENT_TYPE = 'application/json';

const CONTRACTS = {
  [CONVERSION_REQUESTED]: ConversionRequested,
  [CONVERSION_FINISHED]: ConversionFinished,
} as const satisfies Record<MessageType, new () => Message>;

/**
 * Returns the message in a delivery's body, validated against its contract, or throws `malformed_message`. Properties
 * that the contract does not know are dropped: a later version can add some.
 */
export function parseMessage(content: Buffer, contentType?: string): Message {
  const plain = parseObject(content, contentType);
  if (!isMessageType(plain['type'])) throw malformed('its type is unknown');
  const contract: new () => Message = CONTRACTS[plain['type']];
  return validated(contract, plain);
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
