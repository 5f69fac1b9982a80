import { HttpException } from '@nestjs/common';
import { DomainError, type DomainErrorArguments } from '@app/domain';

/** The problems for errors of the framework and the body parser, whose own messages can contain internals. */
const PROBLEM_OF_STATUS: Readonly<Record<number, DomainErrorArguments>> = {
  400: ['malformed_request'],
  401: ['unauthorized'],
  404: ['not_found'],
  408: ['request_timeout'],
  414: ['headers_too_large'],
  415: ['unsupported_media_type', { params: { expected: 'knownEncoding' } }],
  431: ['headers_too_large'],
};

/** Turns whatever was thrown into the product's one error; the unknown becomes `internal_error` with its cause. */
export function problemOf(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  const limitBytes = exceededLimit(thrown);
  if (limitBytes !== null)
    return new DomainError('payload_too_large', { params: { content: 'request body', limitBytes } });
  const [code, details] = PROBLEM_OF_STATUS[statusOfThrown(thrown)] ?? (['internal_error'] as const);
  return new DomainError(...([code, { ...details, cause: thrown }] as DomainErrorArguments));
}

/** The limit that a body exceeded, as the body parser states it. */
function exceededLimit(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('type' in thrown) || thrown.type !== 'entity.too.large') return null;
  return 'limit' in thrown && typeof thrown.limit === 'number' ? thrown.limit : null;
}

function statusOfThrown(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  // http-errors, as the body parser and the router throw them
  if (!(thrown instanceof Error) || !('status' in thrown) || typeof thrown.status !== 'number') return 500;
  if (thrown.status in PROBLEM_OF_STATUS) return thrown.status;
  return thrown.status >= 400 && thrown.status < 500 ? 400 : 500;
}
