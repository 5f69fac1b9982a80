import { EnvironmentError, readEnvironment, type Variables } from '@app/config';
import { describe, expect, it } from 'vitest';
import { AuthEnv } from './auth.env.js';

function problemsOf(variables: Variables): readonly string[] {
  try {
    readEnvironment([AuthEnv], variables);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

describe('AuthEnv', () => {
  it('has defaults', () => {
    const env = readEnvironment([AuthEnv], {}).get(AuthEnv);
    expect(env).toMatchObject({ ALGORITHM: 'HS256', REGISTRATION: 'open', tokenLifetimeSeconds: 86_400 });
  });

  it.each([
    [{ ALGORITHM: 'none' }, 'ALGORITHM'],
    [{ ALGORITHM: 'RS256' }, 'ALGORITHM'],
    [{ ACCESS_TOKEN_EXPIRE_MINUTES: '0' }, 'ACCESS_TOKEN_EXPIRE_MINUTES'],
    [{ REGISTRATION: 'maybe' }, 'REGISTRATION'],
  ])('rejects %o', (variables, name) => {
    expect(problemsOf(variables)).toEqual([expect.stringContaining(name)]);
  });
});
