import { DomainError } from '@app/domain';
import { brokerUnavailable } from './within.js';

const ACCESS_REFUSED = 403;
const NOT_FOUND = 404;
const PRECONDITION_FAILED = 406;

/** Translates a rejected declaration into a sentence for operators. `what` is for example `queue video`. */
export function topologyProblem(what: string, error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  switch (replyCode(error)) {
    case NOT_FOUND:
      return brokerUnavailable(`The ${what} is missing on the message broker: run setup.`, error);
    case PRECONDITION_FAILED:
      return new DomainError('configuration_invalid', {
        message:
          `The ${what} exists on the message broker with other settings than this version needs${difference(error)}. ` +
          `Stop the service, let the queue run empty, delete the ${what}, and run setup again.`,
        cause: error,
      });
    case ACCESS_REFUSED:
      return new DomainError('configuration_invalid', {
        message: `The message broker denies access to the ${what}.`,
        cause: error,
      });
    default:
      return connectionProblem(error);
  }
}

/** Translates a failed connection into a sentence for operators. */
export function connectionProblem(error: unknown): DomainError {
  return brokerUnavailable(handshakeProblem(error) ?? 'The message broker cannot be reached.', error);
}

/** As `connectionProblem`, for setup: if the broker rejects the account, retrying will not help. */
export function finalConnectionProblem(error: unknown): DomainError {
  const problem = handshakeProblem(error);
  if (problem === null) return connectionProblem(error);
  return new DomainError('configuration_invalid', { message: problem, cause: error });
}

/** amqplib describes the two rejections of a handshake only in its messages. */
function handshakeProblem(error: unknown): string | null {
  const words = error instanceof Error ? error.message : '';
  if (words.includes('ACCESS-REFUSED'))
    return 'The message broker rejects the user name or password: check RABBITMQ_URL.';
  if (words.startsWith('Expected ConnectionOpenOk'))
    return 'The message broker rejects the virtual host: create it, give the user permissions for it, or check RABBITMQ_URL.';
  return null;
}

export function isAccessRefused(error: unknown): boolean {
  return replyCode(error) === ACCESS_REFUSED;
}

function replyCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function difference(error: unknown): string {
  const match = /inequivalent arg '([^']+)'.*?received (.+?) but current is (.+?)"?$/.exec((error as Error).message);
  return match === null ? '' : ` (${match[1]}: needs ${plain(match[2])}, has ${plain(match[3])})`;
}

function plain(value: string | undefined): string {
  return (value ?? '').replace(/^the value '(.*)' of type '.*'$/, '$1').replaceAll("'", '');
}
