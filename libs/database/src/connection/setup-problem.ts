import { DomainError } from '@app/domain';
import { QueryFailedError } from 'typeorm';
import { isUnavailable } from './database-errors.js';

const INVALID_PASSWORD = '28P01';
const INVALID_AUTHORIZATION = '28000';
const NO_SUCH_DATABASE = '3D000';
const NO_RIGHT = '42501';
/** Matched by its message, because PgBouncer has no error code for it. */
const PARAMETER_REJECTED = /unsupported startup parameter/i;
const NO_TLS = 'The server does not support SSL connections';

/**
 * Translates a failed migration into a sentence for operators: `configuration_invalid` if retrying cannot help,
 * `database_unavailable` if it can. Any other error is a fault of a migration and is returned as it is.
 */
export function setupProblem(error: unknown, connectionUrl: string): unknown {
  const { host, username, pathname } = new URL(connectionUrl);
  const user = decoded(username);
  const name = decoded(pathname.slice(1));
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const sentence = rejection(driverError, { host, user, name });
  if (sentence !== null) return new DomainError('configuration_invalid', { message: sentence, cause: error });
  if (!isUnavailable(error)) return error;
  const message = `The database at ${host} cannot be reached.`;
  return new DomainError('database_unavailable', { message, cause: driverError });
}

/** Keeps a lone `%`, as the driver does. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function rejection(error: unknown, { host, user, name }: { host: string; user: string; name: string }): string | null {
  if (!(error instanceof Error)) return null;
  if (PARAMETER_REJECTED.test(error.message))
    return `The database at ${host} is a connection pooler (${error.message}): set DATABASE_POOLER=transaction.`;
  switch ('code' in error ? error.code : error.message) {
    case INVALID_PASSWORD:
      return `The database at ${host} rejects the user name or password: check DATABASE_URL.`;
    case INVALID_AUTHORIZATION:
      return `The database at ${host} denies access to this user (${error.message}): check DATABASE_URL, and pg_hba.conf of the server.`;
    case NO_SUCH_DATABASE:
      return `There is no database "${name}" at ${host}: create it (CREATE DATABASE "${name}" OWNER "${user}"), or check DATABASE_URL.`;
    case NO_RIGHT:
      return `The user "${user}" cannot create tables in the database "${name}" (${error.message}): make the user its owner (ALTER DATABASE "${name}" OWNER TO "${user}").`;
    case NO_TLS:
      return `The database at ${host} does not support TLS: remove sslmode from DATABASE_URL, or enable TLS on the server.`;
    default:
      return null;
  }
}
