import { LineSize } from './line-size.js';

const MAX_CAUSES = 5;
const MAX_NAME_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 2000;
const MAX_STACK_LENGTH = 4000;

export interface SerializedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: SerializedError;
  /** The errors of an AggregateError. */
  readonly errors?: readonly SerializedError[];
}

/** Returns an error with its causes, limited in size: an error can contain a whole response or an endless chain. */
export function serializeError(error: unknown, size = new LineSize(), depth = 0): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error, message: size.cut(textOf(error), MAX_MESSAGE_LENGTH) };
  const code = 'code' in error ? error.code : undefined;
  const { name, message, stack, cause } = error;
  const serialized: SerializedError = {
    type: size.cut(name, MAX_NAME_LENGTH),
    ...((typeof code === 'string' || typeof code === 'number') && { code: size.cut(String(code), MAX_NAME_LENGTH) }),
    message: size.cut(message, MAX_MESSAGE_LENGTH),
    ...(typeof stack === 'string' && { stack: size.cut(stack, MAX_STACK_LENGTH) }),
  };
  if (depth === MAX_CAUSES || size.isFull) return serialized;
  const further = (each: unknown): SerializedError => serializeError(each, size, depth + 1);
  return {
    ...serialized,
    ...(cause !== undefined && { cause: further(cause) }),
    ...(error instanceof AggregateError && { errors: error.errors.slice(0, MAX_CAUSES).map(further) }),
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
