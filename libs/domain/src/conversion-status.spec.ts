import { describe, expect, it } from 'vitest';
import { CONVERSION_STATUSES, isMoveAllowed } from './conversion-status.js';

const MOVES = new Set([
  'PENDING → PROCESSING',
  'PENDING → CANCELED',
  'PROCESSING → PENDING',
  'PROCESSING → DONE',
  'PROCESSING → FAILED',
  'PROCESSING → CANCELED',
  'FAILED → PENDING',
  'CANCELED → PENDING',
]);

const pairs = CONVERSION_STATUSES.flatMap((from) => CONVERSION_STATUSES.map((to) => [from, to] as const));

describe('moves of a conversion job', () => {
  it.each(pairs)('%s → %s', (from, to) => {
    expect(isMoveAllowed(from, to)).toBe(MOVES.has(`${from} → ${to}`));
  });
});
