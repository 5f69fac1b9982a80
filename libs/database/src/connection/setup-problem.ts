import { DomainError } from '@app/domain';
import { QueryFailedError } from 'typeorm';
import { isUnavailable } from './database-errors.js';

const INVALID_PASSWORD = '28P01';
const INVALID_AUTHORIZATION = '28000';
const NO_SUCH_DATABASE = '3D000';
const NO_RIGHT = '42501';
const NO_TLS = 'The server does not support SSL connections';

/**
 * Reads a failure of migrations as a sentence for operators: `configuration_invalid` where waiting cannot help,
 * `database_unavailable` where it may. Anything else is a fault of a migration, and is given back as it is.
 */
export function setupProblem(error: unknown, connectionUrl: string): unknown {
  const { host, username, pathname } = new URL(connectionUrl);
  const user = decoded(username);
  const name = decoded(pathname.slice(1));
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const sentence = refusal(driverError, { host, user, name });
  if (sentence !== null) return new DomainError('configuration_invalid', { message: sentence, cause: error });
  if (!isUnavailable(error)) return error;
  const message = `The database at ${host} cannot be reached.`;
  return new DomainError('database_unavailable', { message, cause: driverError });
}

/** A lone `%` stands for itself, as the driver takes it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refusal(error: unknown, { host, user, name }: { host: string; user: string; name: string }): string | null {
  if (!(error instanceof Error)) return null;
  switch ('code' in error ? error.code : error.message) {
    case INVALID_PASSWORD:
      return `The database at ${host} refuses the user name or password: check DATABASE_URL.`;
    case INVALID_AUTHORIZATION:
      return `The database at ${host} does not let this user in (${error.message}): check DATABASE_URL, and pg_hba.conf of the server.`;
    case NO_SUCH_DATABASE:
      return `There is no database "${name}" at ${host}: create it (CREATE DATABASE "${name}" OWNER "${user}"), or check DATABASE_URL.`;
    case NO_RIGHT:
      return `The user "${user}" may not create tables in the database "${name}" (${error.message}): make the user its owner (ALTER DATABASE "${name}" OWNER TO "${user}").`;
    case NO_TLS:
      return `The database at ${host} does not speak TLS: remove sslmode from DATABASE_URL, or switch TLS on there.`;
    default:
      return null;
  }
}
