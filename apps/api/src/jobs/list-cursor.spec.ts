import { describe, expect, it } from 'vitest';
import { cursorOf, readCursor } from './list-cursor.js';

const POSITION = { createdAtMicros: '1769860800123456', id: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11' };

const encoded = (text: string): string => Buffer.from(text).toString('base64url');

describe('readCursor', () => {
  it('reads what cursorOf returns', () => {
    expect(readCursor(cursorOf(POSITION))).toEqual(POSITION);
  });

  it.each([
    ['nothing', ''],
    ['another text', 'next'],
    ['a text that is too long', 'A'.repeat(101)],
    ['a padded cursor', `${cursorOf(POSITION)}==`],
    ['characters behind it', `${cursorOf(POSITION)}A`],
    ['the encoding of other texts', encoded('1.2')],
    ['a time that no database can hold', encoded(`99999999999999999.${POSITION.id}`)],
    ['an id in upper case', encoded(`1.${POSITION.id.toUpperCase()}`)],
    ['a line break', encoded(`1.${POSITION.id}\n`)],
    ['SQL', encoded(`1' OR true --.${POSITION.id}`)],
  ])('rejects %s', (_what, cursor) => {
    expect(readCursor(cursor)).toBeNull();
  });
});
