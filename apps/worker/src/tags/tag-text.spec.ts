import { describe, expect, it } from 'vitest';
import { cleanText, decoded, decodeMarked, MAX_TEXT_BYTES } from './tag-text.js';

describe('cleanText', () => {
  it.each([
    ['keeps plain text', 'Für Elise – 月光 🎹', 'Für Elise – 月光 🎹'],
    ['trims spaces', '  a  b ', 'a  b'],
    ['replaces NULs', 'one\0\0two\0', 'one two'],
    ['joins lines', 'one\r\ntwo\u2028three\ttab', 'one two three tab'],
    ['removes the control character of terminal escapes', '\u001b[31mred\u009b', '[31mred'],
    ['removes a mark that changes the reading direction', 'song\u202e3pm.exe', 'song3pm.exe'],
    ['removes every such mark', '\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069a', 'a'],
    ['keeps marks that affect only one place', '\u200fשלום\u200e (1)', '\u200fשלום\u200e (1)'],
    ['keeps joiners', '👩\u200d🎤', '👩\u200d🎤'],
    ['replaces a lone surrogate', 'a\ud83d', 'a\ufffd'],
    ['returns nothing for text that has only such characters', '\0\u202e \n', ''],
  ])('%s', (_, text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });

  it.each(['a', 'é', '月', '🎹'])('cuts between two characters: %s', (character) => {
    const cut = cleanText(`x${character.repeat(5000)}`);
    const bytes = Buffer.byteLength(cut);
    expect(bytes).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    expect(bytes).toBeGreaterThan(MAX_TEXT_BYTES - 4);
    expect(cut).not.toContain('\ufffd');
  });
});

describe('decoded', () => {
  it('replaces invalid bytes', () => {
    expect(decoded('utf-8', Buffer.from('61ff62', 'hex'))).toBe('a\ufffdb');
    expect(decoded('utf-16be', Buffer.from('0061d83d0062', 'hex'))).toBe('a\ufffdb');
  });

  it('drops an incomplete character at the end', () => {
    expect(decoded('utf-8', Buffer.from('61f09f8e', 'hex'))).toBe('a');
  });

  it('detects the encoding from a byte order mark', () => {
    expect(decodeMarked(Buffer.from('feff00e9', 'hex'))).toBe('é');
    expect(decodeMarked(Buffer.from('fffee900', 'hex'))).toBe('é');
    expect(decodeMarked(Buffer.from('c3a9', 'hex'))).toBe('é');
    expect(decodeMarked(Buffer.alloc(0))).toBe('');
  });
});
