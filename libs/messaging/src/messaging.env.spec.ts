import { EnvironmentError, readEnvironment } from '@app/config';
import { describe, expect, it } from 'vitest';
import { MessagingEnv } from './messaging.env.js';

const url = (value: string): string =>
  readEnvironment([MessagingEnv], { RABBITMQ_URL: value }).get(MessagingEnv).RABBITMQ_URL;

describe('RABBITMQ_URL', () => {
  it.each([
    'amqp://guest:guest@localhost:5672//',
    'amqp://guest:guest@localhost:5672/media',
    'amqp://localhost',
    'amqps://user:p%40ss@broker.example:5671/%2F',
  ])('can be %s', (value) => {
    expect(url(value)).toBe(value);
  });

  it.each(['http://localhost:5672', 'localhost:5672', 'amqp://', 'amqp:///media', 'amqp://localhost:port/'])(
    'may not be %s',
    (value) => {
      expect(() => url(value)).toThrow(EnvironmentError);
    },
  );
});
