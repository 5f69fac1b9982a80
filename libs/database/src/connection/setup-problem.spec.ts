import { DomainError } from '@app/domain';
import { describe, expect, it } from 'vitest';
import { setupProblem } from './setup-problem.js';

function problem(url: string, code: string): DomainError {
  const found = setupProblem(Object.assign(new Error('from the server'), { code }), url);
  if (!(found instanceof DomainError)) throw new Error('It is no problem of the setup', { cause: found });
  return found;
}

describe('what went wrong with the database', () => {
  it('is said without the password', () => {
    for (const code of ['28P01', '28000', '3D000', '42501', 'ECONNREFUSED']) {
      const { message } = problem('postgresql://ada:s3cret@db:5432/mp3', code);
      expect(message).toContain('database');
      expect(message).not.toContain('s3cret');
    }
  });

  it('names user and database as they are, also with a percent sign', () => {
    expect(problem('postgresql://a%20b:50%off@db/100%', '3D000').message).toContain(
      'CREATE DATABASE "100%" OWNER "a b"',
    );
  });
});
