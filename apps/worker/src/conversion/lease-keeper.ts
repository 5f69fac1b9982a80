import { LeaseRepository, OwnerLock, type Lease } from '@app/database';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HeldLease } from './held-lease.js';
import { LeaseLostError } from './stop-reasons.js';

const HEARTBEAT_MS = 1_000;
const STALL_MS = 5_000;
/** No statement waits this long in a database that answers every second. */
const HEARTBEATS_UNTIL_SETTLED = 60;

/**
 * Extends the leases of this worker every second, and stops the runs whose lease is lost. It works with tokens, never
 * with job ids alone: after a freeze a worker can hold an old and a new lease of one job.
 */
@Injectable()
export class LeaseKeeper implements OnApplicationShutdown {
  private readonly logger = new Logger(LeaseKeeper.name);
  /** Tokens of claims that were sent and are not answered yet. */
  private readonly claiming = new Set<string>();
  private readonly held = new Map<string, HeldLease>();
  /** Claims whose answer was lost. They can still take effect, and are then given back. */
  private readonly unknown = new Map<string, { readonly lease: Lease; heartbeatsAnswered: number }>();
  /** Tokens that were out while this process was stalled: their attempts count, as those of a dead worker do. */
  private readonly stalled = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private ticker: NodeJS.Timeout | undefined;
  private lastTickAt = performance.now();
  private isStopped = false;

  constructor(
    private readonly leases: LeaseRepository,
    private readonly ownerLock: OwnerLock,
  ) {}

  start(): void {
    this.lastTickAt = performance.now();
    // Separate from the heartbeat, which can wait for seconds on a slow database.
    this.ticker = setInterval(() => this.detectStall(), HEARTBEAT_MS);
    this.schedule();
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    clearInterval(this.ticker);
  }

  expect(token: string): void {
    this.claiming.add(token);
  }

  hold(lease: Lease): HeldLease {
    const held = new HeldLease(lease);
    this.claiming.delete(lease.token);
    this.held.set(lease.token, held);
    return held;
  }

  /** Forgets a settled token: of a claim that found no job, or of a run that has ended. */
  forget(token: string): void {
    this.claiming.delete(token);
    this.held.delete(token);
    if (!this.unknown.has(token)) this.stalled.delete(token);
  }

  /** Watches a claim that can still take effect. */
  watch(lease: Lease): void {
    this.claiming.delete(lease.token);
    this.unknown.set(lease.token, { lease, heartbeatsAnswered: 0 });
  }

  wasStalled(token: string): boolean {
    // After a freeze, the caller can run before the ticker does.
    this.detectStall();
    return this.stalled.has(token);
  }

  stopAll(reason: Error): void {
    for (const held of this.held.values()) held.stop(reason);
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.sendHeartbeat().finally(() => this.schedule()), HEARTBEAT_MS);
  }

  private detectStall(): void {
    const now = performance.now();
    const stalledMs = now - this.lastTickAt;
    this.lastTickAt = now;
    if (stalledMs <= STALL_MS) return;
    for (const token of [...this.claiming, ...this.held.keys(), ...this.unknown.keys()]) this.stalled.add(token);
    this.logger.warn({ msg: 'This worker was stalled; its leases may be lost', stalled_ms: Math.round(stalledMs) });
  }

  private async sendHeartbeat(): Promise<void> {
    const running = [...this.held.values()];
    const unknown = [...this.unknown.values()].map(({ lease }) => lease);
    if (running.length + unknown.length === 0) return;
    try {
      const { extended, locked } = await this.leases.heartbeat(
        [
          ...running.map(({ lease, progress }) => ({ ...lease, progress })),
          ...unknown.map((lease) => ({ ...lease, progress: 0 })),
        ],
        this.ownerLock,
      );
      // A locked row may be changing right now: the next heartbeat finds out.
      for (const held of running) {
        if (!extended.has(held.lease.token) && !locked.has(held.lease.token)) this.lose(held);
      }
      for (const lease of unknown) {
        if (extended.has(lease.token)) await this.giveBackUnknown(lease);
        else if (!locked.has(lease.token)) this.countAnswer(lease);
      }
    } catch (error) {
      for (const watched of this.unknown.values()) watched.heartbeatsAnswered = 0;
      // The lease can outlive the outage, so a failed heartbeat stops no run.
      this.logger.warn({ msg: 'The heartbeat failed', err: error });
    }
  }

  private lose(held: HeldLease): void {
    if (this.held.get(held.lease.token) !== held) return;
    this.logger.warn({ msg: 'The lease is lost; the run stops', job_id: held.lease.jobId });
    held.stop(new LeaseLostError());
  }

  private countAnswer({ token }: Lease): void {
    const watched = this.unknown.get(token);
    if (watched === undefined) return;
    watched.heartbeatsAnswered += 1;
    if (watched.heartbeatsAnswered < HEARTBEATS_UNTIL_SETTLED) return;
    this.unknown.delete(token);
    this.stalled.delete(token);
  }

  private async giveBackUnknown(lease: Lease): Promise<void> {
    if (this.wasStalled(lease.token)) {
      this.unknown.delete(lease.token);
      return;
    }
    this.logger.warn({ msg: 'A claim whose answer was lost took effect; it is given back', job_id: lease.jobId });
    if (await this.leases.giveBack(lease)) this.unknown.delete(lease.token);
  }
}
