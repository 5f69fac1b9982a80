import { EnvironmentError, readEnvironment } from '@app/config';
import { describe, expect, it } from 'vitest';
import { DatabaseEnv } from './database.env.js';

const connectionUrl = (url: string): string =>
  readEnvironment([DatabaseEnv], { DATABASE_URL: url }).get(DatabaseEnv).connectionUrl;

describe('DATABASE_URL', () => {
  it.each(['postgresql', 'postgres', 'postgresql+psycopg', 'postgresql+asyncpg', 'postgres+psycopg2'])(
    'may begin with %s://',
    (scheme) => {
      expect(connectionUrl(`${scheme}://user:p%40ss@db:5432/media`)).toBe('postgresql://user:p%40ss@db:5432/media');
    },
  );

  it('may name a socket folder', () => {
    const url = 'postgresql:///media?host=/var/run/postgresql';
    expect(connectionUrl(url)).toBe(url);
  });

  it.each(['mysql://user@db/media', 'db:5432/media', 'postgresql:media', 'postgresql://user@db:port/media'])(
    'may not be %s',
    (url) => {
      expect(() => connectionUrl(url)).toThrow(EnvironmentError);
    },
  );
});
