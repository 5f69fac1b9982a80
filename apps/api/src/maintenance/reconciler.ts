import { LEASE_SECONDS, ReconciliationRepository, type EndReason, type RunningLease } from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { MaintenanceTasks } from './maintenance-tasks.js';

const INTERVAL_MS = 1_000;
/** A slower database can be the reason why a heartbeat or a lock is late. */
const PROMPT_MS = 1_000;
const LEASE_MS = LEASE_SECONDS * 1_000;
/** A living worker sends a heartbeat every second, which moves `leaseUntil`. */
const CONFIRM_AFTER_MS = 2_000;
/** If more time passes between two snapshots, this process was suspended, and its observations are out of date. */
const LONGEST_GAP_MS = 3_000;

/** The findings about one lease since its last heartbeat. */
interface Observation {
  readonly leaseUntil: string;
  /** When the lock of the lease's owner was first seen free, without having been seen held since. */
  lockFreeSince: number | undefined;
  expiredSince: number | undefined;
}

/**
 * Ends the leases that no worker keeps: the lock of their owner is free, or they have expired, and two snapshots show
 * no heartbeat in between. A worker that cannot hold its lock but sends heartbeats is alive. It trusts what it reads only if the database has answered promptly for a full
 * lease: otherwise a lease may have expired because nobody could extend it.
 */
@Injectable()
export class Reconciler implements OnModuleInit {
  private readonly logger = new Logger(Reconciler.name);
  private promptSince = performance.now();
  private lastAnswerAt = performance.now();
  private observations = new Map<string, Observation>();

  constructor(
    private readonly leases: ReconciliationRepository,
    private readonly dispatcher: Dispatcher,
    private readonly tasks: MaintenanceTasks,
  ) {}

  onModuleInit(): void {
    this.tasks.add('The reconciler', INTERVAL_MS, () => this.reconcile());
  }

  /** Checks all running jobs once. */
  async reconcile(): Promise<void> {
    const snapshot = await this.ask(() => this.leases.findRunningLeases());
    if (snapshot === null) return;
    const seenAt = this.lastAnswerAt;
    this.observe(snapshot.leases, seenAt);
    for (const lease of snapshot.leases) {
      const reason = this.reasonToEnd(lease, seenAt);
      if (reason !== null && this.isTrusting(performance.now())) await this.end(lease, reason, snapshot.databaseTime);
    }
  }

  /** Runs a query. A late or missing answer ends the trust, whatever the query was. */
  private async ask<T>(query: () => Promise<T>): Promise<T> {
    const askedAt = performance.now();
    if (askedAt - this.lastAnswerAt > LONGEST_GAP_MS) this.distrust();
    try {
      return await query();
    } catch (error) {
      this.distrust();
      throw error;
    } finally {
      this.lastAnswerAt = performance.now();
      if (this.lastAnswerAt - askedAt > PROMPT_MS) this.distrust();
    }
  }

  private isTrusting(now: number): boolean {
    return now - this.promptSince >= LEASE_MS;
  }

  private observe(leases: readonly RunningLease[], seenAt: number): void {
    const observations = new Map<string, Observation>();
    for (const { token, leaseUntil, isExpired, isOwnerLockFree } of leases) {
      const earlier = this.observations.get(token);
      const last = earlier?.leaseUntil === leaseUntil ? earlier : undefined;
      observations.set(token, {
        leaseUntil,
        lockFreeSince: isOwnerLockFree ? (last?.lockFreeSince ?? seenAt) : undefined,
        expiredSince: isExpired ? (last?.expiredSince ?? seenAt) : undefined,
      });
    }
    this.observations = observations;
  }

  private reasonToEnd({ token }: RunningLease, seenAt: number): EndReason | null {
    const { lockFreeSince = seenAt, expiredSince = seenAt } = this.observations.get(token) ?? {};
    if (seenAt - lockFreeSince >= CONFIRM_AFTER_MS) return 'owner_dead';
    return seenAt - expiredSince >= CONFIRM_AFTER_MS ? 'lease_expired' : null;
  }

  private async end(lease: RunningLease, reason: EndReason, databaseTime: string): Promise<void> {
    const { jobId, token, leaseUntil } = lease;
    if (!(await this.ask(() => this.leases.endLease({ jobId, token, reason, databaseTime, leaseUntil })))) return;
    this.observations.delete(token);
    this.logger.warn({ msg: 'A job was taken from its worker', job_id: jobId, reason });
    this.dispatcher.wake();
  }

  private distrust(): void {
    this.promptSince = performance.now();
    this.observations.clear();
  }
}
