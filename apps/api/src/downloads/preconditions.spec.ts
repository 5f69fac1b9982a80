import { describe, expect, it } from 'vitest';
import { isNotModified, isRangeCurrent } from './preconditions.js';

const STATE = { etag: '"abc"', lastModified: new Date('2026-01-02T03:04:05.678Z') };
const SAME_DATE = 'Fri, 02 Jan 2026 03:04:05 GMT';
const OLDER_DATE = 'Fri, 02 Jan 2026 03:04:04 GMT';

describe('isNotModified', () => {
  it.each([
    [{ 'if-none-match': '"abc"' }, true],
    [{ 'if-none-match': 'W/"abc"' }, true],
    [{ 'if-none-match': '"x" , "abc"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"x"' }, false],
    [{ 'if-none-match': '"x"', 'if-modified-since': SAME_DATE }, false],
    [{ 'if-modified-since': SAME_DATE }, true],
    [{ 'if-modified-since': OLDER_DATE }, false],
    [{ 'if-modified-since': 'yesterday' }, false],
    [{}, false],
  ])('for %o is %s', (headers, expected) => {
    expect(isNotModified(headers, STATE)).toBe(expected);
  });
});

describe('isRangeCurrent', () => {
  it.each([
    [{}, true],
    [{ 'if-range': '"abc"' }, true],
    [{ 'if-range': 'W/"abc"' }, false],
    [{ 'if-range': '"x"' }, false],
    [{ 'if-range': SAME_DATE }, true],
    [{ 'if-range': OLDER_DATE }, false],
    [{ 'if-range': 'nonsense' }, false],
  ])('for %o is %s', (headers, expected) => {
    expect(isRangeCurrent(headers, STATE)).toBe(expected);
  });
});
