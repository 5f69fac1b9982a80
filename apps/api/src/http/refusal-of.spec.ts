import { DomainError } from '@app/domain';
import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { problemDetails, problemHeaders, statusOf } from './problem-details.js';
import { refusalOf } from './refusal-of.js';

describe('refusalOf', () => {
  it('passes on what the product says itself', () => {
    const error = new DomainError('not_found', 'There is no such job.');
    expect(refusalOf(error)).toBe(error);
  });

  it.each([
    [new HttpException('inner words', 413), 'payload_too_large', 413],
    [Object.assign(new Error('inner words'), { status: 400 }), 'malformed_request', 400],
    [Object.assign(new Error('inner words'), { status: 403 }), 'malformed_request', 400],
    [Object.assign(new Error('inner words'), { status: 500 }), 'internal_error', 500],
    [new ServiceUnavailableException('inner words'), 'internal_error', 500],
    [new TypeError('inner words'), 'internal_error', 500],
    ['inner words', 'internal_error', 500],
    [undefined, 'internal_error', 500],
  ])('turns %s into %s, in words for strangers', (thrown, code, status) => {
    const refusal = refusalOf(thrown);
    expect(refusal.code).toBe(code);
    expect(statusOf(refusal.code)).toBe(status);
    expect(JSON.stringify(problemDetails(refusal, '/x', null))).not.toContain('inner words');
  });
});

describe('problemHeaders', () => {
  it('asks to sign in where the status says so, and to come back where that helps', () => {
    expect(problemHeaders(new DomainError('unauthorized', ''))).toHaveProperty('WWW-Authenticate');
    expect(problemHeaders(new DomainError('too_busy', ''))).toHaveProperty('Retry-After');
    expect(problemHeaders(new DomainError('not_found', ''))).not.toHaveProperty('Retry-After');
  });
});
