import { describe, expect, it } from 'vitest';
import { cleanText, decoded, decodeMarked, MAX_TEXT_BYTES } from './tag-text.js';

describe('cleanText', () => {
  it.each([
    ['plain', 'Für Elise – 月光 🎹', 'Für Elise – 月光 🎹'],
    ['with spaces around it', '  a  b ', 'a  b'],
    ['with NULs', 'one\0\0two\0', 'one two'],
    ['of several lines', 'one\r\ntwo\u2028three\ttab', 'one two three tab'],
    ['with escapes for a terminal', '\u001b[31mred\u009b', '[31mred'],
    ['that turns the direction around', 'song\u202e3pm.exe', 'song3pm.exe'],
    ['with every such mark', '\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069a', 'a'],
    ['in Hebrew with marks that end where they stand', '\u200fשלום\u200e (1)', '\u200fשלום\u200e (1)'],
    ['with joiners', '👩\u200d🎤', '👩\u200d🎤'],
    ['with half a pair', 'a\ud83d', 'a\ufffd'],
    ['of nothing but such marks', '\0\u202e \n', ''],
  ])('%s', (_, text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });

  it.each(['a', 'é', '月', '🎹'])('is cut between two characters: %s', (character) => {
    const cut = cleanText(`x${character.repeat(5000)}`);
    const bytes = Buffer.byteLength(cut);
    expect(bytes).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    expect(bytes).toBeGreaterThan(MAX_TEXT_BYTES - 4);
    expect(cut).not.toContain('\ufffd');
  });
});

describe('decoded text', () => {
  it('stands in for wrong bytes', () => {
    expect(decoded('utf-8', Buffer.from('61ff62', 'hex'))).toBe('a\ufffdb');
    expect(decoded('utf-16be', Buffer.from('0061d83d0062', 'hex'))).toBe('a\ufffdb');
  });

  it('leaves half a character at its end out', () => {
    expect(decoded('utf-8', Buffer.from('61f09f8e', 'hex'))).toBe('a');
  });

  it('takes the encoding from a byte order mark', () => {
    expect(decodeMarked(Buffer.from('feff00e9', 'hex'))).toBe('é');
    expect(decodeMarked(Buffer.from('fffee900', 'hex'))).toBe('é');
    expect(decodeMarked(Buffer.from('c3a9', 'hex'))).toBe('é');
    expect(decodeMarked(Buffer.alloc(0))).toBe('');
  });
});
