import { SHOWN_COLUMNS } from './shown-job.js';

/** The most rows that one search reads. */
export const MOST_ROWS_SEARCHED = 10_000;

export interface ListFilter {
  /** The number of statuses in $3; 0 if there is no such parameter. */
  readonly statuses: number;
  /** True if the list begins after a position. */
  readonly hasPosition: boolean;
}

const NEWEST_FIRST = 'ORDER BY created_at DESC, id DESC';
const LISTED = `${SHOWN_COLUMNS.names('job')}, (extract(epoch FROM job.created_at) * 1000000)::bigint::text AS position_micros`;

/** The index of an owner's jobs by status has this collation, which keeps it from serving other statements. */
const STATUS = 'status COLLATE "C"';

/** The parameters of a position, behind $1, $2 and the statuses. */
function positionOf({ statuses }: ListFilter): { createdAt: string; id: string } {
  const first = statuses === 0 ? 3 : 4;
  return { createdAt: `timestamptz 'epoch' + $${first}::bigint * interval '1 microsecond'`, id: `$${first + 1}::uuid` };
}

/** Returns a condition on the jobs of $1 and their order, as the index of an owner's jobs has them. */
function ofAllStatuses(filter: ListFilter): string {
  const { createdAt, id } = positionOf(filter);
  return `user_id = $1 ${filter.hasPosition ? `AND (created_at, id) < (${createdAt}, ${id})` : ''} ${NEWEST_FIRST}`;
}

/**
 * Returns the same for one status, by the index that begins with it. An equality and a shorter order would let the
 * planner read all jobs of the owner instead, if it believes from old statistics that most have this status.
 */
function ofOneStatus(filter: ListFilter, status: string): string {
  const { createdAt, id } = positionOf(filter);
  const upTo = filter.hasPosition
    ? `(${STATUS}, created_at, id) < (${status}, ${createdAt}, ${id})`
    : `${STATUS} <= ${status}`;
  return `user_id = $1 AND ${upTo} AND ${STATUS} >= ${status} ORDER BY ${STATUS} DESC, created_at DESC, id DESC`;
}

/**
 * Returns the statement that lists at most $2 jobs of the user $1, newest first: by one index, and with several statuses
 * by one index range for each, so that it reads about as many rows as it returns.
 */
export function listStatement(filter: ListFilter): string {
  if (filter.statuses === 0) {
    return `SELECT ${LISTED} FROM conversion_jobs AS job WHERE ${ofAllStatuses(filter)} LIMIT $2`;
  }
  return `SELECT ${LISTED} FROM unnest($3::text[]) AS wanted (name) CROSS JOIN LATERAL (
      SELECT * FROM conversion_jobs WHERE ${ofOneStatus(filter, 'wanted.name')} LIMIT $2
    ) AS job ${NEWEST_FIRST} LIMIT $2`;
}

/**
 * Returns the statement that searches the file names. It reads no further than it has to: rows are read as `found` asks
 * for them. If the search ends before the page is full, it also returns the last row that it could read, as `is_edge`.
 */
export function searchStatement(filter: ListFilter): string {
  const text = `$${(filter.statuses === 0 ? 3 : 4) + (filter.hasPosition ? 2 : 0)}`;
  const range = filter.statuses === 1 ? ofOneStatus(filter, '($3::text[])[1]') : ofAllStatuses(filter);
  const hasStatus = filter.statuses > 1 ? 'AND status = ANY ($3::text[])' : '';
  return `WITH searched AS MATERIALIZED (
      SELECT id, created_at, status, source_filename FROM conversion_jobs WHERE ${range} LIMIT ${MOST_ROWS_SEARCHED}
    ), found AS MATERIALIZED (
      SELECT id FROM searched WHERE strpos(lower(source_filename), lower(${text})) > 0 ${hasStatus} LIMIT $2
    ), page AS (
      SELECT id, false AS is_edge FROM found
      UNION ALL
      SELECT id, true FROM (SELECT id FROM searched OFFSET ${MOST_ROWS_SEARCHED - 1} LIMIT 1) AS edge
      WHERE (SELECT count(*) FROM found) < $2
    )
    SELECT ${LISTED}, page.is_edge
    FROM page CROSS JOIN LATERAL (SELECT * FROM conversion_jobs WHERE id = page.id OFFSET 0) AS job
    ${NEWEST_FIRST}`;
}
