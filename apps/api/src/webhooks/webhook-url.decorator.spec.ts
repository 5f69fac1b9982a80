import { describe, expect, it } from 'vitest';
import { isWebhookUrl } from './webhook-url.decorator.js';

const ofLength = (characters: number): string => 'https://example.org/'.padEnd(characters, 'x');

describe('isWebhookUrl', () => {
  it.each(['https://example.org/hook?token=1', 'http://192.168.1.5:8080/', 'https://bücher.example/ä', ofLength(2048)])(
    'accepts %s',
    (url) => expect(isWebhookUrl(url)).toBe(true),
  );

  it.each([
    '',
    'example.org/hook',
    '/hook',
    'ftp://example.org/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user@example.org/',
    'https://user:secret@example.org/',
    'https://:secret@example.org/',
    'https://',
    'https://example.org:99999/',
    'https://example.org:0/',
    ' https://example.org/',
    'https://exam\nple.org/',
    'https://example.org/\r\nHost: evil',
    ofLength(2049),
  ])('rejects %j', (url) => expect(isWebhookUrl(url)).toBe(false));
});
