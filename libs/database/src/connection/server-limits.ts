/** The server ends a statement before the client gives up on it, so that no backend works for a client that is gone. */
const SHARE_OF_CLIENT_TIMEOUT = 0.8;

/** Settings of a PostgreSQL session by name, in milliseconds. */
export interface ServerLimits {
  readonly statement_timeout: number;
  readonly lock_timeout: number;
  readonly idle_in_transaction_session_timeout: number;
}

/** Returns the limits of a session whose client waits so long for an answer. */
export function serverLimits(queryMs: number): ServerLimits {
  const limitMs = Math.floor(queryMs * SHARE_OF_CLIENT_TIMEOUT);
  return { statement_timeout: limitMs, lock_timeout: limitMs, idle_in_transaction_session_timeout: queryMs };
}
