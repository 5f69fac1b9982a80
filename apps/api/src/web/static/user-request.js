import { AbortedError, ProblemError } from '../client/index.js';

/** @typedef {{ token: () => string | null, onSignedOut: (token: string) => void }} UserSession */

/**
 * Sends a request of the signed-in user. Rejects with `AbortedError` if the session has ended.
 * @template T
 * @param {UserSession} session
 * @param {(token: string) => Promise<T>} send
 * @returns {Promise<T>}
 */
export async function requestAsUser({ token: currentToken, onSignedOut }, send) {
  const token = currentToken() ?? '';
  try {
    return await send(token);
  } catch (error) {
    if (!(error instanceof ProblemError && error.isUnauthorized)) throw error;
    onSignedOut(token);
    throw new AbortedError('The session has ended.');
  }
}

/**
 * Returns why a request failed, for users; empty if they stopped it themselves.
 * @param {unknown} error
 * @returns {string}
 */
export function explain(error) {
  if (error instanceof AbortedError) return '';
  if (error instanceof ProblemError && !error.isFromGateway) return error.message;
  return 'The service does not respond. Try again in a moment.';
}
