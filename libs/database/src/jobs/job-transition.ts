import { ALLOWED_MOVES, isMoveAllowed, isTerminal, type ConversionStatus } from '@app/domain';
import type { PreparedStatement } from '../connection/prepared-statement.js';
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
  /** An SQL condition on `job`, in addition to the status check. */
  readonly where: string;
  /** Columns to set in addition to the defaults for this status, or instead of them. */
  readonly set?: Assignments;
  /** The columns to return for each moved row (default `id`). No row means that nothing was moved. */
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
 * Builds the UPDATE for a status change. All status changes go through it. It checks that the move is allowed, clears
 * the lease when a job leaves `PROCESSING`, resets the dispatch when a job returns to `PENDING`, and records the event
 * when a job ends.
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

export function preparedTransition<To extends ConversionStatus>(
  name: string,
  transition: JobTransition<To>,
): PreparedStatement {
  return { name, text: jobTransition(transition) };
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
    // Clears `dispatched_at` of a job that was never claimed; otherwise the dispatcher would take it as proof that
    // earlier messages were consumed.
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
