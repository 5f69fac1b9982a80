import { describe, expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { ServiceUrl } from './service-url.js';

describe('the address of a service', () => {
  it.each([
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['https://mp3.example.org/', 'https://mp3.example.org'],
    ['https://EXAMPLE.org/tools/mp3//', 'https://example.org/tools/mp3'],
  ])('%s can have a path and a slash at its end', (text, base) => {
    expect(ServiceUrl.parse(text).text).toBe(base);
  });

  it.each(['example.org', 'localhost:3000', 'ftp://h', 'http://', 'https://a:b@h', 'https://h/?q', 'https://h/#f'])(
    'is rejected: %s',
    (text) => expect(() => ServiceUrl.parse(text)).toThrow(UsageError),
  );

  it.each([
    ['http://localhost:3000', true, false],
    ['http://mp3.localhost', true, false],
    ['http://127.3.2.1', true, false],
    ['http://[::1]:3000', true, false],
    ['http://localhost.example.org', false, true],
    ['http://127.0.0.1.example.org', false, true],
    ['http://192.168.1.2', false, true],
    ['https://example.org', false, false],
  ])('%s is of this machine: %s; can be read by others: %s', (text, isLoopback, isReadableByOthers) => {
    expect(ServiceUrl.parse(text)).toMatchObject({ isLoopback, isReadableByOthers });
  });
});
