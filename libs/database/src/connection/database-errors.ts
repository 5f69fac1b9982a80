import { DomainError } from '@app/domain';
import { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
/** pg's own sentences carry no code; TypeORM releases the runner of a connection that broke between two statements. */
const CONNECTION_SENTENCES =
  /timeout|Connection terminated|not queryable|Client was closed|connection is closed|Driver not Connected|Query runner already released/i;
/** A statement or lock timeout: the server has ended the statement, and its connection can be used again. */
const LIMIT_STATES = new Set(['57014', '55P03']);

/** Connection exceptions, resources, shutdown, read-only, statement and lock timeouts: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SERVER_STATES = /^(08|53|57|58|XX)|^25006$|^55P03$|^25P03$/;

/** Returns true if the outcome of a failed statement is unknown, or the database cannot serve now. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DomainError) return error.code === 'database_unavailable';
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (!(driverError instanceof Error)) return false;
  const code = 'code' in driverError && typeof driverError.code === 'string' ? driverError.code : '';
  if (driverError instanceof AggregateError) return driverError.errors.some(isUnavailable);
  if (code === '') return CONNECTION_SENTENCES.test(driverError.message);
  return NETWORK_CODES.has(code) || SERVER_STATES.test(code);
}

/** Returns true if the server rejected a statement, which then has certainly changed nothing. */
export function wasRejected(error: unknown): boolean {
  return (error instanceof QueryFailedError || error instanceof DatabaseError) && !isUnavailable(error);
}

export function isLimitExceeded(error: unknown): boolean {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (!(driverError instanceof Error) || !('code' in driverError)) return false;
  return LIMIT_STATES.has(String(driverError.code));
}

/** Returns the name of the constraint that a statement violated, or null. */
export function violatedConstraint(error: unknown): string | null {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof driverError !== 'object' || driverError === null || !('constraint' in driverError)) return null;
  return typeof driverError.constraint === 'string' ? driverError.constraint : null;
}

export function databaseUnavailable(cause: unknown): DomainError {
  return new DomainError('database_unavailable', { cause });
}
