export const CONVERSION_STATUSES = ['PENDING', 'PROCESSING', 'DONE', 'FAILED', 'CANCELED'] as const;

export type ConversionStatus = (typeof CONVERSION_STATUSES)[number];

/** The statuses in which a conversion job stays unless its owner retries it. */
export const TERMINAL_STATUSES = ['DONE', 'FAILED', 'CANCELED'] as const satisfies readonly ConversionStatus[];

export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

/** The allowed moves of a conversion job. `libs/database/src/jobs/job-transition.ts` enforces them in SQL. */
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

export function isTerminal(status: ConversionStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly ConversionStatus[]).includes(status);
}
