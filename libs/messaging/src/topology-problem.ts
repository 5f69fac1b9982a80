import { DomainError } from '@app/domain';
import { brokerUnavailable } from './within.js';

const ACCESS_REFUSED = 403;
const NOT_FOUND = 404;
const PRECONDITION_FAILED = 406;

/** Reads the broker's refusal of a declaration as a sentence for operators. `what` is e.g. `queue video`. */
export function topologyProblem(what: string, error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  switch (replyCode(error)) {
    case NOT_FOUND:
      return brokerUnavailable(`The ${what} is missing on the message broker: run setup.`, error);
    case PRECONDITION_FAILED:
      return new DomainError(
        'configuration_invalid',
        `The ${what} exists on the message broker with other settings than this version needs${difference(error)}. ` +
          `Stop the service, let the queue run empty, delete the ${what}, and run setup again.`,
        { cause: error },
      );
    case ACCESS_REFUSED:
      return new DomainError('configuration_invalid', `The message broker refuses access to the ${what}.`, {
        cause: error,
      });
    default:
      return connectionProblem(error);
  }
}

/** Why there is no connection. amqplib tells the two refusals of a handshake only in words. */
export function connectionProblem(error: unknown): DomainError {
  const words = error instanceof Error ? error.message : '';
  if (words.includes('ACCESS-REFUSED')) {
    return brokerUnavailable('The message broker refuses the user name or password: check RABBITMQ_URL.', error);
  }
  if (words.startsWith('Expected ConnectionOpenOk')) {
    return brokerUnavailable('The message broker refuses the virtual host: check RABBITMQ_URL.', error);
  }
  return brokerUnavailable('The message broker cannot be reached.', error);
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
