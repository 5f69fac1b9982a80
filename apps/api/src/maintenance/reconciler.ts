import { LEASE_SECONDS, ReconcileRepository, type EndReason, type RunningLease } from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { MP3_QUEUE, conversionFinished } from '@app/messaging';
import { Injectable, Logger } from '@nestjs/common';

/** A database slower than this may be why a beat or a lock is late. */
const PROMPT_MS = 1_000;
const LEASE_MS = LEASE_SECONDS * 1_000;
/** A restarted PostgreSQL frees the locks of living workers, which take them again within 250 ms. */
const SECOND_LOOK_MS = 2_000;
/** The reconciler's own pause; longer, and it was this process that stood still. */
const LONGEST_GAP_MS = 3_000;

/**
 * Ends the leases that no worker stands behind. It believes what it sees only while the database has answered
 * promptly for a full lease: otherwise a lease may have run out because nobody could extend it.
 */
@Injectable()
export class Reconciler {
  private readonly logger = new Logger(Reconciler.name);
  private promptSince = performance.now();
  private lastAnswerAt = performance.now();
  /** Lease tokens whose owner's lock was free, and when that was first seen. */
  private readonly suspects = new Map<string, number>();

  constructor(
    private readonly leases: ReconcileRepository,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** One look at all running jobs. Called every second. */
  async reconcile(): Promise<void> {
    const look = await this.ask(() => this.leases.look());
    if (look === null) return;
    const doomed = look.leases.flatMap((lease) => {
      const reason = this.judge(lease, this.lastAnswerAt);
      return reason === null ? [] : [{ lease, reason }];
    });
    this.forgetEnded(look.leases);
    for (const { lease, reason } of doomed) {
      if (this.isTrusting(performance.now())) await this.end(lease, reason, look.databaseTime);
    }
  }

  /** An answer that is late, or missing, takes away the trust, whatever was asked. */
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

  private judge(lease: RunningLease, now: number): EndReason | null {
    if (lease.isOwnerAlive) this.suspects.delete(lease.token);
    else if (!this.suspects.has(lease.token)) this.suspects.set(lease.token, now);
    if (!this.isTrusting(now)) return null;
    const suspectSince = this.suspects.get(lease.token);
    if (suspectSince !== undefined && now - suspectSince >= SECOND_LOOK_MS) return 'owner_dead';
    return lease.isExpired ? 'lease_expired' : null;
  }

  private async end(lease: RunningLease, reason: EndReason, databaseTime: string): Promise<void> {
    const { jobId, token, userId } = lease;
    const message = conversionFinished({
      job_id: jobId,
      user_id: userId,
      status: 'FAILED',
      error: 'attempts_exhausted',
    });
    const failedEvent = { id: message.id, topic: MP3_QUEUE, payload: message };
    if (!(await this.ask(() => this.leases.end({ jobId, token, reason, databaseTime, failedEvent })))) return;
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
