import { describe, expect, it } from 'vitest';
import { PART_BYTES, partsOf, withoutRanges } from './byte-ranges.js';

describe('partsOf', () => {
  it('divides ranges into parts, and leaves out none of their bytes', () => {
    const ranges = [
      { start: 0, end: 0 },
      { start: 10, end: 2 * PART_BYTES + 10 },
    ];
    expect([...partsOf(ranges)]).toEqual([
      { start: 0, end: 0 },
      { start: 10, end: PART_BYTES + 9 },
      { start: PART_BYTES + 10, end: 2 * PART_BYTES + 9 },
      { start: 2 * PART_BYTES + 10, end: 2 * PART_BYTES + 10 },
    ]);
  });

  it('gives no part of an empty range', () => {
    expect([...partsOf([{ start: 0, end: -1 }])]).toEqual([]);
  });
});

describe('withoutRanges', () => {
  it.each([
    ['nothing', [], [{ start: 10, end: 19 }]],
    [
      'what does not touch it',
      [
        { start: 0, end: 9 },
        { start: 20, end: 30 },
      ],
      [{ start: 10, end: 19 }],
    ],
    ['its beginning', [{ start: 0, end: 10 }], [{ start: 11, end: 19 }]],
    ['its end', [{ start: 19, end: 25 }], [{ start: 10, end: 18 }]],
    ['all of it', [{ start: 0, end: 30 }], []],
    [
      'two pieces',
      [
        { start: 15, end: 15 },
        { start: 11, end: 12 },
      ],
      [
        { start: 10, end: 10 },
        { start: 13, end: 14 },
        { start: 16, end: 19 },
      ],
    ],
  ])('leaves the rest of a range without %s', (_name, others, rest) => {
    expect(withoutRanges({ start: 10, end: 19 }, others)).toEqual(rest);
  });
});
