import { LeaseRepository, type Lease } from '@app/database';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HeldLease } from './held-lease.js';
import { LeaseLost } from './stop-reason.js';

const BEAT_MS = 1_000;
const STALL_MS = 5_000;
/** No statement waits this long in a database that answers every second. */
const BEATS_UNTIL_SETTLED = 60;

/**
 * Keeps the leases of this worker alive, once a second, and stops what it has lost. It works with tokens, never with
 * job ids alone: after a freeze a worker may hold an old and a new lease of one job.
 */
@Injectable()
export class LeaseKeeper implements OnApplicationShutdown {
  private readonly logger = new Logger(LeaseKeeper.name);
  /** Tokens of claims that were sent and not yet answered. */
  private readonly claiming = new Set<string>();
  private readonly held = new Map<string, HeldLease>();
  /** Claims whose answer was lost: they may still take effect, and are given back when they do. */
  private readonly unknown = new Map<string, { readonly lease: Lease; beatsAnswered: number }>();
  /** Tokens that were out while this process stood still: their attempts count, as a dead worker's do. */
  private readonly stalled = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private ticker: NodeJS.Timeout | undefined;
  private lastTickAt = performance.now();
  private isStopped = false;

  constructor(private readonly leases: LeaseRepository) {}

  start(): void {
    this.lastTickAt = performance.now();
    // Apart from the beat, which may rightly wait for seconds on a slow database.
    this.ticker = setInterval(() => this.noteStall(), BEAT_MS);
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

  /** Forgets a token that is settled: a claim that found nothing, or a run that has ended. */
  forget(token: string): void {
    this.claiming.delete(token);
    this.held.delete(token);
    if (!this.unknown.has(token)) this.stalled.delete(token);
  }

  /** Keeps watch for a claim that may yet take effect. */
  watch(lease: Lease): void {
    this.claiming.delete(lease.token);
    this.unknown.set(lease.token, { lease, beatsAnswered: 0 });
  }

  wasStalled(token: string): boolean {
    // After a thaw, the question may come before the ticker's next turn.
    this.noteStall();
    return this.stalled.has(token);
  }

  stopAll(reason: Error): void {
    for (const held of this.held.values()) held.stop(reason);
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.beat().finally(() => this.schedule()), BEAT_MS);
  }

  /** The clock here is monotonic and local: it only measures how long this very process did nothing. */
  private noteStall(): void {
    const now = performance.now();
    const stalledMs = now - this.lastTickAt;
    this.lastTickAt = now;
    if (stalledMs <= STALL_MS) return;
    for (const token of [...this.claiming, ...this.held.keys(), ...this.unknown.keys()]) this.stalled.add(token);
    this.logger.warn({ msg: 'This worker stood still; its leases may be lost', stalled_ms: Math.round(stalledMs) });
  }

  private async beat(): Promise<void> {
    const running = [...this.held.values()];
    const unknown = [...this.unknown.values()].map(({ lease }) => lease);
    if (running.length + unknown.length === 0) return;
    try {
      const alive = await this.leases.heartbeat([
        ...running.map(({ lease, progress }) => ({ ...lease, progress })),
        ...unknown.map((lease) => ({ ...lease, progress: 0 })),
      ]);
      for (const held of running) if (!alive.has(held.lease.token)) this.lose(held);
      for (const lease of unknown) {
        if (alive.has(lease.token)) await this.giveBackUnknown(lease);
        else this.countAnswer(lease);
      }
    } catch (error) {
      for (const watched of this.unknown.values()) watched.beatsAnswered = 0;
      // The lease may well outlive the outage: a beat that does not get through stops nothing.
      this.logger.warn({ msg: 'The leases could not be extended', err: error });
    }
  }

  private lose(held: HeldLease): void {
    if (this.held.get(held.lease.token) !== held) return;
    this.logger.warn({ msg: 'The lease is gone; this run stops', job_id: held.lease.jobId });
    held.stop(new LeaseLost());
  }

  private countAnswer({ token }: Lease): void {
    const watched = this.unknown.get(token);
    if (watched === undefined) return;
    watched.beatsAnswered += 1;
    if (watched.beatsAnswered < BEATS_UNTIL_SETTLED) return;
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
