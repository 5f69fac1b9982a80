import { describe, expect, it } from 'vitest';
import { LARGEST_OBJECT_BYTES, partSizeBytes } from './part-plan.js';

const MIB = 1024 * 1024;

describe('partSizeBytes', () => {
  it("begins with S3's smallest part, so that a usual upload uses little memory", () => {
    expect([1, 2, 2_000].map(partSizeBytes)).toEqual([5 * MIB, 5 * MIB, 5 * MIB]);
  });

  it('grows step by step', () => {
    expect([2_001, 4_001, 6_001, 8_001, 10_000].map((part) => partSizeBytes(part) / MIB)).toEqual([10, 20, 40, 80, 80]);
  });

  it('allows the largest object within 10 000 parts', () => {
    let sum = 0;
    for (let part = 1; part <= 10_000; part += 1) sum += partSizeBytes(part);
    expect(sum).toBe(LARGEST_OBJECT_BYTES);
    expect(() => partSizeBytes(10_001)).toThrow(RangeError);
  });
});
