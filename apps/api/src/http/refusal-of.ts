import { HttpException } from '@nestjs/common';
import { DomainError, type RefusalCode } from '@app/domain';

/** What the framework and the body parser refuse by themselves; their own words may hold internals, so they get ours. */
const REFUSAL_OF_STATUS: Readonly<Record<number, readonly [RefusalCode, string]>> = {
  400: ['malformed_request', 'The request cannot be read. Check its syntax and its encoding.'],
  401: ['unauthorized', 'Sign in first: this needs a valid access token.'],
  404: ['not_found', 'There is nothing at this address.'],
  408: ['request_timeout', 'The request did not arrive in time.'],
  413: ['payload_too_large', 'The request body is too large.'],
  414: ['headers_too_large', 'The address is too long.'],
  415: ['unsupported_media_type', 'This content type or encoding is not supported here.'],
  431: ['headers_too_large', 'The request headers are too large.'],
};

/** Brings whatever was thrown into the product's one error; the unknown becomes `internal_error` with its cause. */
export function refusalOf(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  const refusal = REFUSAL_OF_STATUS[statusOfThrown(thrown)];
  if (refusal !== undefined) return new DomainError(refusal[0], refusal[1], { cause: thrown });
  return new DomainError('internal_error', 'Something went wrong on our side. Try again later.', { cause: thrown });
}

function statusOfThrown(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  // http-errors, as the body parser and the router throw them
  if (!(thrown instanceof Error) || !('status' in thrown) || typeof thrown.status !== 'number') return 500;
  if (thrown.status in REFUSAL_OF_STATUS) return thrown.status;
  return thrown.status >= 400 && thrown.status < 500 ? 400 : 500;
}
