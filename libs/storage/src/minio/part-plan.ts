const MIB = 1024 * 1024;

/** The most parts of one upload in S3. */
const MAX_PARTS = 10_000;

/** The smallest part in S3. Each upload keeps one part in memory, so only very large objects use larger parts. */
const FIRST_PART_BYTES = 5 * MIB;
const PARTS_PER_SIZE = 2_000;

/** The largest object in 10 000 parts: 2 000 each of 5, 10, 20, 40 and 80 MiB (302 GiB). */
export const LARGEST_OBJECT_BYTES = FIRST_PART_BYTES * PARTS_PER_SIZE * (2 ** (MAX_PARTS / PARTS_PER_SIZE) - 1);

/** Returns the size of a part by its number, from 1. The last part of an upload can be shorter. */
export function partSizeBytes(partNumber: number): number {
  if (partNumber > MAX_PARTS) {
    throw new RangeError(
      `The object is larger than ${LARGEST_OBJECT_BYTES} bytes, which is what ${MAX_PARTS} parts hold`,
    );
  }
  return FIRST_PART_BYTES * 2 ** Math.floor((partNumber - 1) / PARTS_PER_SIZE);
}
