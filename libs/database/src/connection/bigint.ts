/** Reads a `bigint` column as a number: none of ours exceeds 2^53. */
export const bigint = {
  to: (value: number | null): number | null => value,
  from: (value: string | null): number | null => (value === null ? null : Number(value)),
};
