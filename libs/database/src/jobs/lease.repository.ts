import type { FailureCode, OutputEncoding } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';

/** How long a claim or a beat keeps a job for its worker. Database time is the only clock. */
export const LEASE_SECONDS = 15;

/** One worker's hold on one job. Neither the job's id nor the worker's number alone says who may write. */
export interface Lease {
  readonly jobId: string;
  readonly token: string;
}

export interface LeaseRequest extends Lease {
  /** The worker process's random 63-bit number, decimal. */
  readonly owner: string;
}

export interface ClaimedJob extends Lease {
  readonly userId: number;
  readonly sourceKey: string;
  readonly sourceSize: number;
  readonly attempt: number;
  readonly maxAttempts: number;
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

export interface OutboxDraft {
  readonly id: string;
  readonly topic: string;
  readonly payload: object;
}

/** What a lease's row looks like to the worker that held it, when an answer was lost. */
export interface LeaseOutcome {
  readonly isStillMine: boolean;
  readonly outputKey: string | null;
}

const CLAIMED_COLUMNS = `id AS "jobId", lease_token AS token, user_id AS "userId", source_key AS "sourceKey",
  source_size::float8 AS "sourceSize", attempt, max_attempts AS "maxAttempts", request_id AS "requestId", traceparent`;

/** Every way out of PROCESSING ends the lease, and every move can be seen by its revision. */
const END_LEASE = `lease_token = NULL, lease_owner = NULL, lease_until = NULL, revision = revision + 1, updated_at = now()`;
const HELD = `id = $1 AND lease_token = $2 AND status = 'PROCESSING'`;

/** The worker's side of a job: claim it, keep it, end it. Each UPDATE is guarded by the lease token. */
@Injectable()
export class LeaseRepository {
  constructor(private readonly database: Database) {}

  /** Takes a job that is PENDING and due; null where it is not (done, canceled, claimed by another, not due yet). */
  async claim({ jobId, token, owner }: LeaseRequest): Promise<ClaimedJob | null> {
    const [claimed] = await this.database.rows<ClaimedJob>(
      `UPDATE conversion_jobs
       SET status = 'PROCESSING', attempt = attempt + 1, lease_token = $2, lease_owner = $3,
           lease_until = now() + make_interval(secs => ${LEASE_SECONDS}), progress = 0, started_at = now(),
           revision = revision + 1, updated_at = now()
       WHERE id = $1 AND status = 'PENDING' AND dispatch_after <= now() AND attempt < max_attempts
       RETURNING ${CLAIMED_COLUMNS}`,
      [jobId, token, owner],
    );
    return claimed ?? null;
  }

  /** The job if it runs under this token: settles a claim whose answer was lost. */
  async findClaimed({ jobId, token }: Lease): Promise<ClaimedJob | null> {
    const [claimed] = await this.database.rows<ClaimedJob>(
      `SELECT ${CLAIMED_COLUMNS} FROM conversion_jobs WHERE ${HELD}`,
      [jobId, token],
    );
    return claimed ?? null;
  }

  /** Extends the leases and writes progress; returns the tokens that still hold. */
  async beat(leases: readonly (Lease & { readonly progress: number })[]): Promise<Set<string>> {
    const held = await this.database.rows<{ token: string }>(
      `UPDATE conversion_jobs AS job
       SET lease_until = now() + make_interval(secs => ${LEASE_SECONDS}), updated_at = now(),
           revision = revision + CASE WHEN beat.progress > job.progress THEN 1 ELSE 0 END,
           progress = GREATEST(job.progress, beat.progress)
       FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) AS beat (id, token, progress)
       WHERE job.id = beat.id AND job.lease_token = beat.token AND job.status = 'PROCESSING'
       RETURNING job.lease_token AS token`,
      [leases.map(({ jobId }) => jobId), leases.map(({ token }) => token), leases.map(({ progress }) => progress)],
    );
    return new Set(held.map(({ token }) => token));
  }

  /** DONE and its event, in one statement. False where the lease is no longer held: read the row before anything else. */
  async markDone(lease: Lease, output: Output, event: OutboxDraft): Promise<boolean> {
    return this.finish(
      `status = 'DONE', error = NULL, progress = 100, output_key = $6, output_size = $7, output_sha256 = $8,
       duration_ms = $9, encoding = $10`,
      [lease.jobId, lease.token, event.id, event.topic, event.payload],
      [output.key, output.sizeBytes, output.sha256, output.durationMs, output.encoding],
    );
  }

  async markFailed(lease: Lease, code: FailureCode, event: OutboxDraft): Promise<boolean> {
    return this.finish(
      `status = 'FAILED', error = $6`,
      [lease.jobId, lease.token, event.id, event.topic, event.payload],
      [code],
    );
  }

  /** Back to PENDING, due after the delay. False where the lease is not held or no attempt is left. */
  async retryLater(lease: Lease, delayMs: number): Promise<boolean> {
    return this.toPending(
      lease,
      `dispatch_after = now() + make_interval(secs => $3), error = NULL`,
      'AND attempt < max_attempts',
      [delayMs / 1000],
    );
  }

  /** Back to PENDING, due now, with the attempt given back: `attempt` never falls, so its bound rises. */
  async giveBack(lease: Lease): Promise<boolean> {
    return this.toPending(lease, `dispatch_after = now(), max_attempts = max_attempts + 1`);
  }

  /** Settles a finishing UPDATE whose answer was lost, or that changed nothing. Null: there is no such row. */
  async readOutcome({ jobId, token }: Lease): Promise<LeaseOutcome | null> {
    const [row] = await this.database.rows<LeaseOutcome>(
      `SELECT (status = 'PROCESSING' AND lease_token = $2) AS "isStillMine", output_key AS "outputKey"
       FROM conversion_jobs WHERE id = $1`,
      [jobId, token],
    );
    return row ?? null;
  }

  private async finish(change: string, common: readonly unknown[], values: readonly unknown[]): Promise<boolean> {
    const events = await this.database.rows(
      `WITH finished AS (
         UPDATE conversion_jobs SET ${change}, finished_at = now(), ${END_LEASE} WHERE ${HELD}
         RETURNING request_id, traceparent
       )
       INSERT INTO outbox (id, topic, payload, correlation_id, traceparent)
       SELECT $3::uuid, $4::text, $5::jsonb, request_id, traceparent FROM finished
       RETURNING id`,
      [...common, ...values],
    );
    return events.length === 1;
  }

  private async toPending(lease: Lease, change: string, guard = '', values: readonly unknown[] = []): Promise<boolean> {
    const moved = await this.database.rows(
      `UPDATE conversion_jobs SET status = 'PENDING', progress = 0, dispatched_at = NULL, ${change}, ${END_LEASE}
       WHERE ${HELD} ${guard} RETURNING id`,
      [lease.jobId, lease.token, ...values],
    );
    return moved.length === 1;
  }
}
