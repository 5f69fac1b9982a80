import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DrainSignal } from './drain-signal.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Slots } from './slots.js';
import { Draining } from './stop-reason.js';

/** The jobs that this worker has in hand. */
@Injectable()
export class WorkInHand {
  private readonly logger = new Logger(WorkInHand.name);

  constructor(
    private readonly keeper: LeaseKeeper,
    private readonly slots: Slots,
    private readonly drainSignal: DrainSignal,
  ) {}

  start(): void {
    this.keeper.start();
  }

  /** Lets running jobs end within the grace period, then stops them and gives their leases back; false if one did not stop. */
  async drain(graceMs: number, releaseMs: number): Promise<boolean> {
    this.slots.close();
    this.drainSignal.begin();
    if (await this.isIdleWithin(graceMs)) return true;
    this.logger.warn({ msg: 'The grace period is over; running jobs are handed back', jobs: this.slots.busy });
    this.keeper.stopAll(new Draining());
    const isIdle = await this.isIdleWithin(releaseMs);
    if (!isIdle) this.logger.error({ msg: 'Some jobs did not stop', jobs: this.slots.busy });
    return isIdle;
  }

  private async isIdleWithin(ms: number): Promise<boolean> {
    const timer = new AbortController();
    const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
    const isIdle = await Promise.race([this.slots.idle().then(() => true), late]);
    timer.abort();
    return isIdle;
  }
}
