import { describe, expect, it } from 'vitest';
import { EmailEnv } from './email.env.js';
import { EnvironmentError, readEnvironment, type Variables } from './environment.js';
import { PublicUrlEnv } from './public-url.env.js';

function problemsOf(variables: Variables): readonly string[] {
  try {
    readEnvironment([EmailEnv, PublicUrlEnv], variables);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

describe('EmailEnv', () => {
  it('turns email off without a server', () => {
    expect(readEnvironment([EmailEnv], {}).get(EmailEnv).isEmailEnabled).toBe(false);
  });

  it.each(['mp3@example.org', 'Video to MP3 <mp3@example.org>', '<mp3@example.org>'])(
    'accepts the sender %s',
    (MAIL_FROM) => {
      expect(problemsOf({ SMTP_URL: 'smtps://user:password@mail.example.org:465', MAIL_FROM })).toEqual([]);
    },
  );

  it.each([undefined, 'mp3', 'a@example.org, b@example.org', 'MP3 <a@example.org> <b@example.org>'])(
    'rejects the sender %s',
    (MAIL_FROM) => {
      expect(problemsOf({ SMTP_URL: 'smtp://mail.example.org', MAIL_FROM })).toEqual([
        expect.stringContaining('MAIL_FROM'),
      ]);
    },
  );

  it.each(['mail.example.org', 'https://mail.example.org'])('rejects the server %s', (SMTP_URL) => {
    expect(problemsOf({ SMTP_URL, MAIL_FROM: 'mp3@example.org' })).toEqual([expect.stringContaining('SMTP_URL')]);
  });
});

describe('PublicUrlEnv', () => {
  it('has no slash at the end of the address', () => {
    const env = readEnvironment([PublicUrlEnv], { PUBLIC_URL: 'https://example.org/mp3/' }).get(PublicUrlEnv);
    expect(env.publicUrl).toBe('https://example.org/mp3');
  });

  it.each(['example.org', 'ftp://example.org'])('rejects %s', (PUBLIC_URL) => {
    expect(problemsOf({ PUBLIC_URL })).toEqual(['PUBLIC_URL must look like https://mp3.example.org']);
  });
});
