import { expect, it } from 'vitest';
import { BackOff } from './back-off.mjs';

it('doubles from one second to thirty', () => {
  const sut = new BackOff();

  expect([1, 2, 3, 4, 5, 6, 7].map(() => sut.next(0))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

it('starts again at one second after a process that ran for a while', () => {
  const sut = new BackOff();
  sut.next(0);
  sut.next(0);

  expect(sut.next(59_999)).toBe(4_000);
  expect(sut.next(60_000)).toBe(1_000);
  expect(sut.next(0)).toBe(2_000);
});
