import { DomainError } from '@app/domain';
import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { problemDetails, problemHeaders, statusOf } from './problem-details.js';
import { problemOf } from './problem-of.js';

describe('problemOf', () => {
  it('passes on the errors of the product', () => {
    const error = new DomainError('not_found');
    expect(problemOf(error)).toBe(error);
  });

  it.each([
    [
      Object.assign(new Error('inner words'), { status: 413, type: 'entity.too.large', limit: 4096 }),
      'payload_too_large',
      413,
    ],
    [new HttpException('inner words', 415), 'unsupported_media_type', 415],
    [Object.assign(new Error('inner words'), { status: 400 }), 'malformed_request', 400],
    [Object.assign(new Error('inner words'), { status: 403 }), 'malformed_request', 400],
    [Object.assign(new Error('inner words'), { status: 500 }), 'internal_error', 500],
    [new ServiceUnavailableException('inner words'), 'internal_error', 500],
    [new TypeError('inner words'), 'internal_error', 500],
    ['inner words', 'internal_error', 500],
    [undefined, 'internal_error', 500],
  ])('turns %s into %s and keeps its message to itself', (thrown, code, status) => {
    const problem = problemOf(thrown);
    expect(problem.code).toBe(code);
    expect(statusOf(problem.code)).toBe(status);
    expect(JSON.stringify(problemDetails(problem, '/x', null))).not.toContain('inner words');
  });
});

describe('problemHeaders', () => {
  it('asks to sign in on 401, and to come back where that helps', () => {
    expect(problemHeaders(new DomainError('unauthorized'))).toHaveProperty('WWW-Authenticate');
    expect(problemHeaders(new DomainError('too_busy'))).toHaveProperty('Retry-After');
    expect(problemHeaders(new DomainError('not_found'))).not.toHaveProperty('Retry-After');
  });
});
