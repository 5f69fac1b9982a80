import { STATUS_CODES } from 'node:http';
import { describe, expect, it } from 'vitest';
import { DomainError, type DomainErrorArguments } from './domain-error.js';
import { FAILURES } from './failure-code.js';
import type { Problem } from './problem.js';
import { PROBLEMS, type ProblemCode } from './problems.js';

const problems = Object.entries(PROBLEMS) as [ProblemCode, Problem][];

describe.each(problems)('the problem %s', (code, problem) => {
  const error = new DomainError(...([code, { params: problem.example }] as DomainErrorArguments));

  it('has a sentence for users, and is an error with it', () => {
    expect(error.sentence).toMatch(/^[A-Z][^{}]*\.$|^[A-Z][^{}]*"\.$/);
    expect(error.sentence).not.toContain('undefined');
    expect(error).toMatchObject({ code, message: error.sentence });
  });

  it('has the phrase of its HTTP status as title', () => {
    // 499 is a convention of nginx, not a registered status.
    expect(problem.title).toBe(STATUS_CODES[problem.status] ?? 'Client Closed Request');
  });

  it('can be retried if it says when', () => {
    expect(error.retryable || problem.retryAfterSeconds === undefined).toBe(true);
  });
});

describe('DomainError', () => {
  it('fills the parameters into the sentence', () => {
    const error = new DomainError('payload_too_large', { params: { content: 'file', limitBytes: 1000 } });
    expect(error.sentence).toBe('The file is larger than the limit of 1000 bytes.');
    expect(new DomainError('job_failed', { params: { failure: 'timed_out' } }).sentence).toBe(
      FAILURES.timed_out.message,
    );
  });

  it('keeps the message for operators and the cause apart from the sentence for users', () => {
    const cause = new Error('connect ECONNREFUSED');
    const error = new DomainError('broker_unavailable', { message: 'The queue video is missing: run setup.', cause });
    expect(error).toMatchObject({ message: 'The queue video is missing: run setup.', cause, retryable: true });
    expect(error.sentence).toBe(PROBLEMS.broker_unavailable.sentence);
  });
});
