import { WORKER_GONE_AFTER_SECONDS } from '../workers/worker.repository.js';

/** Messages in addition to those for free slots, so that a slot that becomes free finds its next job in the broker. */
const SPARE_MESSAGES = 2;

/** The most recently finished jobs that show whose turn it was, because a short job can end before the next pick. */
const RECENTLY_FINISHED = 20;

/** The exact predicates of the two partial indexes on waiting jobs: those that never ran, and those that ran before. */
const WAITING = `status = 'PENDING' AND dispatched_at IS NULL`;
const FRESH = `${WAITING} AND attempt = 0`;
const RETURNED = `${WAITING} AND attempt > 0`;
/** Indexes cannot use clock_timestamp(), which is volatile. This is as fresh, because the lock is a separate statement. */
const DUE = 'dispatch_after <= statement_timestamp()';

const nextUserAfter = (userId: string): string => `LEAST(
    (SELECT user_id FROM conversion_jobs WHERE ${FRESH} AND ${DUE} AND user_id > ${userId} ORDER BY user_id LIMIT 1),
    (SELECT user_id FROM conversion_jobs WHERE ${RETURNED} AND ${DUE} AND user_id > ${userId} ORDER BY user_id LIMIT 1))`;

/**
 * Picks at most $1 jobs, by turns: each user's n-th job comes after every user's (n-1)-th, and a user's dispatched and
 * running jobs count as earlier turns. Among one user's jobs, those that ran before come first, then the oldest.
 *
 * `hop` visits the waiting users one by one in the index, beginning after the one whose job was dispatched last. It
 * stops when there is a user without jobs in flight for every free place: all other users have later turns. So a pick
 * reads about as many rows as there are slots, however many jobs and users wait.
 */
export const PICK = `
  WITH RECURSIVE in_flight AS MATERIALIZED (
    SELECT user_id, dispatched_at, true AS is_out FROM conversion_jobs WHERE status = 'PENDING' AND dispatched_at IS NOT NULL
    UNION ALL
    SELECT user_id, dispatched_at, false FROM conversion_jobs WHERE status = 'PROCESSING'
  ), busy AS MATERIALIZED (
    SELECT user_id, count(*) AS jobs FROM in_flight GROUP BY user_id
  ), room AS MATERIALIZED (
    SELECT LEAST($1, GREATEST(0, GREATEST(0, worker.slots - job.running) + ${SPARE_MESSAGES} - job.out))::int AS jobs
    FROM (SELECT coalesce(sum(slots), 0) AS slots FROM workers
          WHERE seen_at > statement_timestamp() - make_interval(secs => ${WORKER_GONE_AFTER_SECONDS})) AS worker,
         (SELECT count(*) FILTER (WHERE is_out) AS out, count(*) FILTER (WHERE NOT is_out) AS running FROM in_flight) AS job
  ), start AS MATERIALIZED (
    SELECT coalesce((
      SELECT user_id FROM (
        SELECT user_id, dispatched_at FROM in_flight
        UNION ALL
        (SELECT user_id, dispatched_at FROM conversion_jobs
         WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT ${RECENTLY_FINISHED})
      ) AS recent ORDER BY dispatched_at DESC NULLS LAST LIMIT 1), 0) AS user_id
  ), hop AS (
    SELECT 0 AS position, user_id, false AS is_wrapped, 0 AS idle FROM start
    UNION ALL
    SELECT hop.position + 1, next.user_id, hop.is_wrapped OR next.user_id <= hop.user_id,
           hop.idle + CASE WHEN next.user_id IN (SELECT user_id FROM busy) THEN 0 ELSE 1 END
    FROM hop CROSS JOIN room CROSS JOIN start CROSS JOIN LATERAL (
      SELECT coalesce(${nextUserAfter('hop.user_id')},
                      CASE WHEN NOT hop.is_wrapped THEN ${nextUserAfter('0')} END) AS user_id OFFSET 0
    ) AS next
    WHERE hop.idle < room.jobs AND next.user_id IS NOT NULL
      AND NOT ((hop.is_wrapped OR next.user_id <= hop.user_id) AND next.user_id > start.user_id)
  ), share AS MATERIALIZED (
    SELECT room.jobs - greatest(max(hop.idle) - 1, 0) AS jobs FROM hop CROSS JOIN room GROUP BY room.jobs
  ), candidate AS (
    SELECT job.id, job.created_at, hop.position,
           coalesce(busy.jobs, 0) + row_number() OVER (PARTITION BY hop.user_id ORDER BY job.is_fresh, job.place) AS turn
    FROM hop
    LEFT JOIN busy USING (user_id)
    CROSS JOIN LATERAL (
      (SELECT id, created_at, false AS is_fresh, dispatch_after AS place FROM conversion_jobs
       WHERE ${RETURNED} AND ${DUE} AND user_id = hop.user_id ORDER BY dispatch_after LIMIT (SELECT jobs FROM share))
      UNION ALL
      (SELECT id, created_at, true, created_at FROM conversion_jobs
       WHERE ${FRESH} AND ${DUE} AND user_id = hop.user_id ORDER BY created_at LIMIT (SELECT jobs FROM share))
    ) AS job
    WHERE hop.position > 0
  ), picked AS MATERIALIZED (
    SELECT id, position FROM candidate ORDER BY turn, created_at LIMIT (SELECT jobs FROM room)
  )
  UPDATE conversion_jobs job
  SET dispatched_at = statement_timestamp() + picked.position * interval '1 microsecond', updated_at = now()
  FROM picked
  WHERE job.id = ANY (ARRAY(SELECT id FROM picked)) AND job.id = picked.id
    AND job.status = 'PENDING' AND job.dispatched_at IS NULL
  RETURNING job.id AS "jobId", job.dispatched_at::text AS "dispatchedAt", job.request_id AS "requestId", job.traceparent`;
