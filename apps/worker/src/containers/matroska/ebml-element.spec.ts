import { describe, expect, it } from 'vitest';
import { signed, unsigned } from './ebml-element.js';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

describe('the number in an element', () => {
  it.each([
    ['', 0],
    ['02', 2],
    ['0102', 0x0102],
    ['0000000000000102', 0x0102],
    ['00000000009896f1', 10_000_113],
  ])('is read from "%s" without a sign', (digits, value) => {
    expect(unsigned(hex(digits))).toBe(value);
  });

  it.each([
    ['', 0],
    ['7f', 127],
    ['ff', -1],
    ['ff67690f', -10_000_113],
    ['00000000009896f1', 10_000_113],
    ['ffffffffff67690f', -10_000_113],
  ])('is read from "%s" with its sign', (digits, value) => {
    expect(signed(hex(digits))).toBe(value);
  });
});
