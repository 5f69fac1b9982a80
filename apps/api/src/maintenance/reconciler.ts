import { LEASE_SECONDS, ReconciliationRepository, type EndReason, type RunningLease } from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { MaintenanceTasks } from './maintenance-tasks.js';

const INTERVAL_MS = 1_000;
/** A slower database can be the reason why a heartbeat or a lock is late. */
const PROMPT_MS = 1_000;
const LEASE_MS = LEASE_SECONDS * 1_000;
/** A restarted PostgreSQL frees the locks of living workers, which take them again within 250 ms. */
const CONFIRM_AFTER_MS = 2_000;
/** After a longer pause of its own, this process was suspended and knows nothing. */
const LONGEST_GAP_MS = 3_000;

/**
 * Ends the leases that no worker keeps. It trusts what it reads only if the database has answered promptly for a full
 * lease: otherwise a lease may have expired because nobody could extend it.
 */
@Injectable()
export class Reconciler implements OnModuleInit {
  private readonly logger = new Logger(Reconciler.name);
  private promptSince = performance.now();
  private lastAnswerAt = performance.now();
  /** When the lock of a lease's owner was first seen free, by lease token. */
  private readonly suspects = new Map<string, number>();

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
    const abandoned = snapshot.leases.flatMap((lease) => {
      const reason = this.reasonToEnd(lease, this.lastAnswerAt);
      return reason === null ? [] : [{ lease, reason }];
    });
    this.forgetEnded(snapshot.leases);
    for (const { lease, reason } of abandoned) {
      if (this.isTrusting(performance.now())) await this.end(lease, reason, snapshot.databaseTime);
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

  private reasonToEnd(lease: RunningLease, now: number): EndReason | null {
    if (lease.isOwnerAlive) this.suspects.delete(lease.token);
    else if (!this.suspects.has(lease.token)) this.suspects.set(lease.token, now);
    if (!this.isTrusting(now)) return null;
    const suspectSince = this.suspects.get(lease.token);
    if (suspectSince !== undefined && now - suspectSince >= CONFIRM_AFTER_MS) return 'owner_dead';
    return lease.isExpired ? 'lease_expired' : null;
  }

  private async end({ jobId, token }: RunningLease, reason: EndReason, databaseTime: string): Promise<void> {
    if (!(await this.ask(() => this.leases.endLease({ jobId, token, reason, databaseTime })))) return;
    this.suspects.delete(token);
    this.logger.warn({ msg: 'A job was taken from its worker', job_id: jobId, reason });
    this.dispatcher.wake();
  }

  private forgetEnded(running: readonly RunningLease[]): void {
    const tokens = new Set(running.map(({ token }) => token));
    for (const token of this.suspects.keys()) if (!tokens.has(token)) this.suspects.delete(token);
  }

  private distrust(): void {
    this.promptSince = performance.now();
    this.suspects.clear();
  }
}
