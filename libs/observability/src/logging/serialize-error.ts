const MAX_CAUSES = 5;
const MAX_MESSAGE_LENGTH = 2000;
const MAX_STACK_LENGTH = 4000;

export interface SerializedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: SerializedError;
  /** Of an AggregateError. */
  readonly errors?: readonly SerializedError[];
}

/** An error with its causes, bounded: an error may carry a whole response or a chain without an end. */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error, message: bounded(textOf(error), MAX_MESSAGE_LENGTH) };
  const code = 'code' in error ? error.code : undefined;
  const hasMore = depth < MAX_CAUSES;
  return {
    type: error.name,
    ...((typeof code === 'string' || typeof code === 'number') && { code: bounded(String(code), 100) }),
    message: bounded(error.message, MAX_MESSAGE_LENGTH),
    ...(typeof error.stack === 'string' && { stack: bounded(error.stack, MAX_STACK_LENGTH) }),
    ...(hasMore && error.cause !== undefined && { cause: serializeError(error.cause, depth + 1) }),
    ...(hasMore &&
      error instanceof AggregateError && {
        errors: error.errors.slice(0, MAX_CAUSES).map((each: unknown) => serializeError(each, depth + 1)),
      }),
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

function bounded(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}… (${text.length} characters)`;
}
