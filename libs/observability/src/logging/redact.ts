import { serializeError } from './serialize-error.js';

export const REDACTED = '[redacted]';

const SECRET_WORDS = 'passw(?:or)?d|secret|authorization|cookie|credential|signature|(?:api|access)[-_]?key|token';
const SECRET_NAME = new RegExp(SECRET_WORDS, 'i');
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;

/**
 * What secrets look like in running text. Each is tried at every position of every line: bounded repetitions keep
 * that linear.
 */
const SECRET_TEXTS: readonly [RegExp, string][] = [
  // scheme://user:password@host, up to the last @ before the path
  [/:\/\/([^\s/:@"\\]{0,128}):[^\s/"\\]{0,512}@/g, `://$1:${REDACTED}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/-]{8,}=*/gi, `$1 ${REDACTED}`],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, REDACTED],
  // name=value, as in query strings and connection strings
  [new RegExp(`\\b([\\w-]{0,32}(?:${SECRET_WORDS})[\\w-]{0,32}=)[^\\s&"',;\\\\]+`, 'gi'), `$1${REDACTED}`],
  // "name":"value", also inside a JSON string
  [
    new RegExp(`(\\\\?"[\\w-]{0,32}(?:${SECRET_WORDS})[\\w-]{0,32}\\\\?":\\s{0,4}\\\\?")[^"\\\\]+`, 'gi'),
    `$1${REDACTED}`,
  ],
];

/** Removes what looks like a secret from a whole line, wherever it stands. */
export function redactText(text: string): string {
  return SECRET_TEXTS.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text);
}

/** A copy of a line's fields without the values of fields that are named like secrets, bounded in depth and size. */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactValue(name, value, 0)]));
}

function redactValue(name: string, value: unknown, depth: number): unknown {
  if (SECRET_NAME.test(name) && value !== null && value !== undefined) return REDACTED;
  if (value instanceof Error) return serializeError(value);
  if (Array.isArray(value)) {
    return depth < MAX_DEPTH ? value.slice(0, MAX_ITEMS).map((item) => redactValue('', item, depth + 1)) : '[…]';
  }
  // Requests, responses, streams: they have serializers of their own, or none and are not walked through.
  if (!isPlainObject(value)) return value;
  if (depth >= MAX_DEPTH) return '{…}';
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([key, item]) => [key, redactValue(key, item, depth + 1)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
