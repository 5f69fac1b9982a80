export const CONVERSION_STATUSES = ['PENDING', 'PROCESSING', 'DONE', 'FAILED', 'CANCELED'] as const;

export type ConversionStatus = (typeof CONVERSION_STATUSES)[number];

/** The allowed moves of a conversion job. The repository's `UPDATE … WHERE status = …` enforces them. */
export const ALLOWED_MOVES = {
  PENDING: ['PROCESSING', 'CANCELED'],
  PROCESSING: ['PENDING', 'DONE', 'FAILED', 'CANCELED'],
  DONE: [],
  FAILED: ['PENDING'],
  CANCELED: ['PENDING'],
} as const satisfies Record<ConversionStatus, readonly ConversionStatus[]>;

export function isMoveAllowed(from: ConversionStatus, to: ConversionStatus): boolean {
  return (ALLOWED_MOVES[from] as readonly ConversionStatus[]).includes(to);
}
