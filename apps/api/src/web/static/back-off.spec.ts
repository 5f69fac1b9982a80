import { expect, it } from 'vitest';
import { backOffMs } from './back-off.js';

it('waits ever longer, up to a bound', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(backOffMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
});
