import { setTimeout as delay } from 'node:timers/promises';
import { CoreEnv } from '@app/config';
import { OwnerLock } from '@app/database';
import { AmqpTransportStrategy } from '@app/messaging';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LeaseKeeper } from './lease-keeper.js';
import { RunningJobs } from './running-jobs.js';
import { ShutdownError } from './stop-reasons.js';

/** Time after the grace period for killed ffmpeg processes to exit and for the last statements. */
const RELEASE_MS = 8_000;

/** Starts the lease keeper and the owner lock. On shutdown, lets jobs finish within the grace period and requeues the rest. */
@Injectable()
export class WorkerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WorkerLifecycle.name);

  constructor(
    private readonly core: CoreEnv,
    private readonly ownerLock: OwnerLock,
    private readonly consumer: AmqpTransportStrategy,
    private readonly jobs: RunningJobs,
    private readonly keeper: LeaseKeeper,
  ) {}

  onApplicationBootstrap(): void {
    this.keeper.start();
    this.ownerLock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.consumer.pause();
    this.jobs.close();
    if (await this.endJobs()) await this.consumer.drained();
    await this.ownerLock.stop();
    this.logger.log('Shut down');
  }

  /** Returns false if a job did not stop. */
  private async endJobs(): Promise<boolean> {
    if (await this.isIdleWithin(this.core.DRAIN_SECONDS * 1000)) return true;
    this.logger.warn({ msg: 'The grace period is over; running jobs are requeued', jobs: this.jobs.count });
    this.keeper.stopAll(new ShutdownError());
    const isIdle = await this.isIdleWithin(RELEASE_MS);
    if (!isIdle) this.logger.error({ msg: 'Some jobs did not stop', jobs: this.jobs.count });
    return isIdle;
  }

  private async isIdleWithin(ms: number): Promise<boolean> {
    const timer = new AbortController();
    const timeout = delay(ms, false, { signal: timer.signal }).catch(() => false);
    const isIdle = await Promise.race([this.jobs.idle().then(() => true), timeout]);
    timer.abort();
    return isIdle;
  }
}
