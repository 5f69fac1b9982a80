import { EnvironmentError, readEnvironment, type Variables } from '@app/config';
import { describe, expect, it } from 'vitest';
import { SecretKeyEnv } from './secret-key.env.js';

function problemsOf(variables: Variables): readonly string[] {
  try {
    readEnvironment([SecretKeyEnv], variables);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

const RANDOM_KEY = '8c1f0b7de94a52360f7b8e1d2c3a4b5968778695a4b3c2d1e0f1122334455667';

describe('SecretKeyEnv', () => {
  it('must be set', () => {
    expect(problemsOf({})).toEqual(['SECRET_KEY must be set']);
  });

  it.each([
    'short',
    'x'.repeat(31),
    'a'.repeat(64),
    'your-secret-key-change-in-production',
    'change-me-change-me-change-me-change-me',
  ])('rejects the key %s only in production', (SECRET_KEY) => {
    expect(problemsOf({ SECRET_KEY, ENV: 'production' })).toEqual([expect.stringContaining('SECRET_KEY')]);
    expect(problemsOf({ SECRET_KEY })).toEqual([]);
  });

  it('accepts a random key in production', () => {
    expect(problemsOf({ SECRET_KEY: RANDOM_KEY, ENV: 'production' })).toEqual([]);
  });
});
