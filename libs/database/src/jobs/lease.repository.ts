import type { FailureCode, FailureParams, OutputEncoding } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import type { PreparedStatement } from '../connection/prepared-statement.js';
import { preparedTransition } from './job-transition.js';

/** The time for which a claim or a heartbeat keeps a job for its worker, by the database's clock. */
export const LEASE_SECONDS = 15;

/** One worker's hold on one job. Only the token proves that a worker still holds it. */
export interface Lease {
  readonly jobId: string;
  readonly token: string;
}

export interface LeaseRequest extends Lease {
  /**
   * The worker process's random 63-bit number, in decimal. Null if the worker can hold no lock: only its heartbeats then
   * show that it is alive.
   */
  readonly owner: string | null;
}

/** The result of a heartbeat, by lease tokens. Leases in neither set are no longer held. */
export interface HeartbeatResult {
  readonly extended: ReadonlySet<string>;
  /** Leases that were still held, but whose row another transaction has locked. The next heartbeat tries again. */
  readonly locked: ReadonlySet<string>;
}

/** A connection that can run a statement, or null if it is not open. */
export interface PreferredConnection {
  prepared<T extends object>(statement: PreparedStatement, parameters: readonly unknown[]): Promise<T[] | null>;
}

export interface ClaimedJob extends Lease {
  readonly userId: number;
  readonly sourceKey: string;
  readonly sourceSize: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  /** The attempts that count towards the limit: not those that were given back or were made before the owner's retry. */
  readonly countedAttempts: number;
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

export interface Output {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly durationMs: number;
  readonly encoding: OutputEncoding;
}

/** The state of a job, read by a worker after the answer to its UPDATE was lost. */
export interface LeaseOutcome {
  readonly isStillMine: boolean;
  readonly outputKey: string | null;
}

const CLAIMED_COLUMNS = `id AS "jobId", lease_token AS token, user_id AS "userId", source_key AS "sourceKey",
  source_size::float8 AS "sourceSize", attempt, max_attempts AS "maxAttempts",
  attempt - uncounted_attempts AS "countedAttempts", request_id AS "requestId", traceparent`;

const HELD = `id = $1 AND lease_token = $2`;

const CLAIM = preparedTransition('claim', {
  from: 'PENDING',
  to: 'PROCESSING',
  where: 'id = $1 AND dispatch_after <= now() AND attempt < max_attempts',
  set: {
    attempt: 'attempt + 1',
    lease_token: '$2',
    lease_owner: '$3',
    lease_until: `now() + make_interval(secs => ${LEASE_SECONDS})`,
    progress: '0',
    started_at: 'now()',
  },
  returning: CLAIMED_COLUMNS,
});

const FINISH = preparedTransition('finish', {
  from: 'PROCESSING',
  to: 'DONE',
  where: HELD,
  set: {
    progress: '100',
    output_key: '$3',
    output_size: '$4',
    output_sha256: '$5',
    duration_ms: '$6',
    encoding: '$7',
  },
});

const FAIL = preparedTransition('fail', {
  from: 'PROCESSING',
  to: 'FAILED',
  where: HELD,
  set: { error: '$3', error_params: '$4' },
});

const RETRY_LATER = preparedTransition('retry_later', {
  from: 'PROCESSING',
  to: 'PENDING',
  where: `${HELD} AND attempt < max_attempts`,
  set: { dispatch_after: 'now() + make_interval(secs => $3)' },
});

const GIVE_BACK = preparedTransition('give_back', {
  from: 'PROCESSING',
  to: 'PENDING',
  where: HELD,
  set: { max_attempts: 'max_attempts + 1', uncounted_attempts: 'uncounted_attempts + 1' },
});

/**
 * Skips rows that another transaction has locked, so that they do not delay the other leases. The last SELECT reads the
 * snapshot of the statement: a row that it finds was held, whether it could be extended or not.
 */
const HEARTBEAT: PreparedStatement = {
  name: 'heartbeat',
  text: `
  WITH heartbeat AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) AS heartbeat (id, token, progress)
  ), free AS (
    SELECT job.id, heartbeat.progress FROM conversion_jobs AS job
    JOIN heartbeat ON job.id = heartbeat.id AND job.lease_token = heartbeat.token
    WHERE job.status = 'PROCESSING'
    FOR NO KEY UPDATE OF job SKIP LOCKED
  ), extended AS (
    UPDATE conversion_jobs AS job
    SET lease_until = now() + make_interval(secs => ${LEASE_SECONDS}), updated_at = now(),
        revision = revision + CASE WHEN free.progress > job.progress THEN 1 ELSE 0 END,
        progress = GREATEST(job.progress, free.progress)
    FROM free WHERE job.id = free.id
    RETURNING job.lease_token
  )
  SELECT job.lease_token AS token, extended.lease_token IS NOT NULL AS "isExtended"
  FROM conversion_jobs AS job
  JOIN heartbeat ON job.id = heartbeat.id AND job.lease_token = heartbeat.token
  LEFT JOIN extended ON extended.lease_token = job.lease_token
  WHERE job.status = 'PROCESSING'`,
};

interface HeartbeatRow {
  readonly token: string;
  readonly isExtended: boolean;
}

/** Claims, keeps and ends jobs for a worker. Each UPDATE is guarded by the lease token. */
@Injectable()
export class LeaseRepository {
  constructor(private readonly database: Database) {}

  /** Claims a job that is PENDING and due. Returns null for any other job, such as one that another worker has claimed. */
  async claim({ jobId, token, owner }: LeaseRequest): Promise<ClaimedJob | null> {
    const [claimed] = await this.database.prepared<ClaimedJob>(CLAIM, [jobId, token, owner]);
    return claimed ?? null;
  }

  /** Returns the job if it runs under this token. Used after the answer to a claim was lost. */
  async findClaimed({ jobId, token }: Lease): Promise<ClaimedJob | null> {
    const [claimed] = await this.database.rows<ClaimedJob>(
      `SELECT ${CLAIMED_COLUMNS} FROM conversion_jobs WHERE ${HELD} AND status = 'PROCESSING'`,
      [jobId, token],
    );
    return claimed ?? null;
  }

  /** Extends the leases and writes progress, on the preferred connection if it is open, so as not to wait for the pool. */
  async heartbeat(
    leases: readonly (Lease & { readonly progress: number })[],
    preferred?: PreferredConnection,
  ): Promise<HeartbeatResult> {
    const parameters = [
      leases.map(({ jobId }) => jobId),
      leases.map(({ token }) => token),
      leases.map(({ progress }) => progress),
    ];
    const rows =
      (await preferred?.prepared<HeartbeatRow>(HEARTBEAT, parameters)) ??
      (await this.database.prepared<HeartbeatRow>(HEARTBEAT, parameters));
    const tokensOf = (isExtended: boolean): Set<string> =>
      new Set(rows.filter((row) => row.isExtended === isExtended).map(({ token }) => token));
    return { extended: tokensOf(true), locked: tokensOf(false) };
  }

  /** Returns false if the lease is no longer held; callers must then read the row again. */
  async markDone({ jobId, token }: Lease, output: Output): Promise<boolean> {
    const { key, sizeBytes, sha256, durationMs, encoding } = output;
    return this.isMoved(FINISH, [jobId, token, key, sizeBytes, sha256, durationMs, encoding]);
  }

  async markFailed({ jobId, token }: Lease, code: FailureCode, params: FailureParams = {}): Promise<boolean> {
    return this.isMoved(FAIL, [jobId, token, code, params]);
  }

  /** Queues the job again, due after the delay. Returns false if the lease is not held or no attempt is left. */
  async retryLater({ jobId, token }: Lease, delayMs: number): Promise<boolean> {
    return this.isMoved(RETRY_LATER, [jobId, token, delayMs / 1000]);
  }

  /** Queues the job again, due now, without counting the attempt: raises the limit, because `attempt` never decreases. */
  async giveBack({ jobId, token }: Lease): Promise<boolean> {
    return this.isMoved(GIVE_BACK, [jobId, token]);
  }

  /** Reads the job after a final UPDATE that changed nothing or whose answer was lost. Returns null if the row is gone. */
  async readOutcome({ jobId, token }: Lease): Promise<LeaseOutcome | null> {
    const [row] = await this.database.rows<LeaseOutcome>(
      `SELECT (status = 'PROCESSING' AND lease_token = $2) AS "isStillMine", output_key AS "outputKey"
       FROM conversion_jobs WHERE id = $1`,
      [jobId, token],
    );
    return row ?? null;
  }

  private async isMoved(statement: PreparedStatement, parameters: readonly unknown[]): Promise<boolean> {
    const moved = await this.database.prepared(statement, parameters);
    return moved.length === 1;
  }
}
