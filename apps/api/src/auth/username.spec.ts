import { describe, expect, it } from 'vitest';
import { validate } from 'class-validator';
import { IsDistinctUsername, normalizeUsername } from './username.js';

class Named {
  @IsDistinctUsername()
  readonly username: string;

  constructor(username: string) {
    this.username = username;
  }
}

describe('a user name', () => {
  it.each([
    'ada',
    'Ada_42',
    'zoë',
    'Ærøskøbing',
    'мария',
    'μαρία',
    '山田太郎',
    'たろう',
    '김철수',
    'ada山田',
    'สมชาย',
    'مريم١٢',
  ])('can be %s', async (name) => {
    expect(await validate(new Named(name.normalize('NFC')))).toEqual([]);
  });

  it.each([
    ['a full-width letter', '\uff41da'],
    ['full-width digits', 'ada\uff11'],
    ['a ligature', '\ufb01nn'],
    ['a mathematical letter', '\u{1d4d0}da'],
    ['a zero-width joiner', 'a\u200dda'],
    ['a variation selector', 'ada\ufe0f'],
    ['a combining grapheme joiner', 'a\u034fda'],
    ['a Hangul filler', 'ada\u3164'],
    ['Cyrillic among Latin letters', '\u0430da'],
    ['Greek among Latin letters', 'ad\u03b1'],
    ['Cyrillic among Greek letters', '\u0430\u03b4\u03b1'],
    ['Bengali digits among Latin letters', 'ada\u09ea'],
    ['digits of two systems', '4\u09ea4'],
    ['more combining marks than any name needs', '\u0315\u0300'.repeat(50_000)],
  ])('cannot have %s', async (_name, username) => {
    expect(await validate(new Named(username))).toHaveLength(1);
  });
});

describe('normalizeUsername', () => {
  it('composes letters and marks', () => {
    expect(normalizeUsername('zoe\u0308')).toBe('zoë');
  });

  it('leaves alone what is too long for a name, and what is no text', () => {
    const marks = 'e\u0308'.repeat(101);
    expect(normalizeUsername(marks)).toBe(marks);
    expect(normalizeUsername(7)).toBe(7);
  });
});
