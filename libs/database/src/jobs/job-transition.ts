import { ALLOWED_MOVES, isMoveAllowed, isTerminal, type ConversionStatus } from '@app/domain';
import { insertConversionFinished } from '../outbox/conversion-finished-facts.js';

/** The statuses from which the domain allows a move to `To`. */
type OriginOf<To extends ConversionStatus> = {
  [From in ConversionStatus]: To extends (typeof ALLOWED_MOVES)[From][number] ? From : never;
}[ConversionStatus];

/** SQL expressions by column name. */
type Assignments = Readonly<Record<string, string>>;

export interface JobTransition<To extends ConversionStatus> {
  readonly from: OriginOf<To> | readonly OriginOf<To>[];
  readonly to: To;
  /** An SQL condition on `job` that guards the move, besides its status. */
  readonly where: string;
  /** Columns that only this move sets, or sets to another value than every move to this status. */
  readonly set?: Assignments;
  /** What the statement returns of each moved row; one row means that the move was made. */
  readonly returning?: string;
}

const CLEARED_LEASE: Assignments = { lease_token: 'NULL', lease_owner: 'NULL', lease_until: 'NULL' };

const BACK_IN_LINE: Assignments = {
  dispatched_at: 'NULL',
  dispatch_after: 'now()',
  progress: '0',
  started_at: 'NULL',
  finished_at: 'NULL',
  error: 'NULL',
  error_params: 'NULL',
};

/**
 * Returns the statement that moves jobs from one status to another. Every change of `status` is built here, so that
 * each checks the domain's table, ends the lease, resets the dispatch, and commits the event together with the move.
 */
export function jobTransition<To extends ConversionStatus>(transition: JobTransition<To>): string {
  const { to, where, returning = 'id' } = transition;
  const origins = [transition.from].flat();
  for (const from of origins) {
    if (!isMoveAllowed(from, to)) throw new Error(`A conversion job never moves from ${from} to ${to}`);
  }
  const update = `UPDATE conversion_jobs AS job SET ${assignmentsOf(origins, transition)}
    WHERE job.status IN (${origins.map(quoted).join(', ')}) AND (${where})`;
  if (!isTerminal(to)) return `${update} RETURNING ${returning}`;
  return `WITH moved AS (${update} RETURNING job.*), event AS (${insertConversionFinished('moved')})
    SELECT ${returning} FROM moved`;
}

function assignmentsOf(
  origins: readonly ConversionStatus[],
  { to, set }: Pick<JobTransition<ConversionStatus>, 'to' | 'set'>,
): string {
  const assignments: Assignments = {
    status: quoted(to),
    revision: 'job.revision + 1',
    changed_at: 'now()',
    updated_at: 'now()',
    ...(origins.includes('PROCESSING') && CLEARED_LEASE),
    ...(to === 'PENDING' && BACK_IN_LINE),
    ...(isTerminal(to) && { finished_at: 'now()', error: 'NULL', error_params: 'NULL' }),
    // A dispatch that was never claimed must not pass for evidence that the messages before it were.
    ...(origins.includes('PENDING') &&
      isTerminal(to) && { dispatched_at: `CASE WHEN job.status = 'PENDING' THEN NULL ELSE job.dispatched_at END` }),
    ...set,
  };
  return Object.entries(assignments)
    .map(([column, value]) => `${column} = ${value}`)
    .join(', ');
}

function quoted(status: ConversionStatus): string {
  return `'${status}'`;
}
