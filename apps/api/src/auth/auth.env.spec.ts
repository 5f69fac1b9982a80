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

const RANDOM_KEY = '8c1f0b7de94a52360f7b8e1d2c3a4b5968778695a4b3c2d1e0f1122334455667';

describe('AuthEnv', () => {
  it('has defaults for all but the key', () => {
    expect(problemsOf({})).toEqual(['SECRET_KEY must be set']);
    const env = readEnvironment([AuthEnv], { SECRET_KEY: 'x' }).get(AuthEnv);
    expect(env).toMatchObject({ ALGORITHM: 'HS256', REGISTRATION: 'open', tokenLifetimeSeconds: 86_400 });
  });

  it.each([
    [{ ALGORITHM: 'none' }, 'ALGORITHM'],
    [{ ALGORITHM: 'RS256' }, 'ALGORITHM'],
    [{ ACCESS_TOKEN_EXPIRE_MINUTES: '0' }, 'ACCESS_TOKEN_EXPIRE_MINUTES'],
    [{ REGISTRATION: 'maybe' }, 'REGISTRATION'],
  ])('rejects %o', (variables, name) => {
    expect(problemsOf({ SECRET_KEY: RANDOM_KEY, ...variables })).toEqual([expect.stringContaining(name)]);
  });

  it.each([
    'short',
    'x'.repeat(31),
    'a'.repeat(64),
    'your-secret-key-change-in-production',
    'change-me-change-me-change-me-change-me',
  ])('rejects the key %s in production only', (SECRET_KEY) => {
    expect(problemsOf({ SECRET_KEY, ENV: 'production' })).toEqual([expect.stringContaining('SECRET_KEY')]);
    expect(problemsOf({ SECRET_KEY })).toEqual([]);
  });

  it('takes a random key in production', () => {
    expect(problemsOf({ SECRET_KEY: RANDOM_KEY, ENV: 'production' })).toEqual([]);
  });
});
