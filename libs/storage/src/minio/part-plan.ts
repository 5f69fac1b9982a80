const MIB = 1024 * 1024;

/** S3 takes no more parts in one upload. */
const MAX_PARTS = 10_000;

/** S3's smallest. One part per upload is held in memory, so only very large objects pay for larger ones. */
const FIRST_PART_BYTES = 5 * MIB;
const PARTS_PER_SIZE = 2_000;

/** What fits into 10 000 parts: 5, 10, 20, 40 and 80 MiB, 2 000 of each (302 GiB). */
export const LARGEST_OBJECT_BYTES = FIRST_PART_BYTES * PARTS_PER_SIZE * (2 ** (MAX_PARTS / PARTS_PER_SIZE) - 1);

/** The size of a part, by its number, which counts from 1. The last part of an upload may be shorter. */
export function partSizeBytes(partNumber: number): number {
  if (partNumber > MAX_PARTS) {
    throw new RangeError(
      `The object is larger than ${LARGEST_OBJECT_BYTES} bytes, which is what ${MAX_PARTS} parts hold`,
    );
  }
  return FIRST_PART_BYTES * 2 ** Math.floor((partNumber - 1) / PARTS_PER_SIZE);
}
