import { LineSize } from './line-size.js';
import { REDACTED, SECRET_NAME } from './redact-text.js';
import { serializeError } from './serialize-error.js';

const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_NAME_LENGTH = 100;
const MAX_TEXT_LENGTH = 1000;

/**
 * Returns a copy of the fields of a line, limited in size and without the values of fields with the names of secrets.
 */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactObject(fields, new LineSize(), 0);
}

function redactObject(object: Record<string, unknown>, size: LineSize, depth: number): Record<string, unknown> {
  const redacted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object).slice(0, MAX_ITEMS)) {
    if (size.isFull) break;
    redacted[size.cut(name, MAX_NAME_LENGTH)] =
      SECRET_NAME.test(name) && value !== null && value !== undefined ? REDACTED : redactValue(value, size, depth);
  }
  return redacted;
}

function redactValue(value: unknown, size: LineSize, depth: number): unknown {
  if (typeof value === 'string') return size.cut(value, MAX_TEXT_LENGTH);
  size.countValue();
  if (value instanceof Error) return serializeError(value, size);
  if (Array.isArray(value)) {
    if (depth >= MAX_DEPTH) return '[…]';
    return value.slice(0, MAX_ITEMS).map((item) => (size.isFull ? '…' : redactValue(item, size, depth + 1)));
  }
  // Requests, responses and streams have their own serializers or are not traversed.
  if (!isPlainObject(value)) return value;
  return depth >= MAX_DEPTH ? '{…}' : redactObject(value, size, depth + 1);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
