import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { printable } from './printable.js';
import { fitted } from './text-width.js';
import { formatRemaining } from './format-remaining.js';

describe('printable', () => {
  it.each([
    ['plain кино 🎬 👩‍👩‍👧 naïve', 'plain кино 🎬 👩‍👩‍👧 naïve'],
    ['\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['\u009b2Jgone', '2Jgone'],
    ['two\r\nlines\u2028three', 'two lines three'],
    ['bell\u0007 back\u0008 del\u007f', 'bell back del'],
    ['fdp.\u202e4pm.mp4', 'fdp.4pm.mp4'],
    ['half \ud800 pair', 'half  pair'],
  ])('leaves no way to move the cursor or to turn the text: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('fitted', () => {
  it.each([
    ['short', 8, 'short   '],
    ['exactly8', 8, 'exactly8'],
    ['a-long-name.mp4', 8, 'a-lo…mp4'],
    ['日本語の動画.mp4', 10, '日本….mp4 '],
    ['🎬🎬🎬🎬', 5, '🎬…🎬'],
    ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5, '👩‍👩‍👧…👩‍👩‍👧'],
    ['gone', 1, ' '],
  ])('puts %s into %i columns', (text, columns, shown) => {
    expect(fitted(text, columns)).toBe(shown);
    expect(stringWidth(fitted(text, columns))).toBe(columns);
  });
});

describe('a remaining time', () => {
  it.each([
    [0, '1 s'],
    [59, '59 s'],
    [90, '2 min'],
    [7200, '2 h'],
  ])('of %i seconds is shown as %s', (seconds, text) => expect(formatRemaining(seconds)).toBe(text));
});
