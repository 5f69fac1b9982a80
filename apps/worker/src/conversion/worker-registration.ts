import { OwnerLock, WorkerRepository } from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { RunningJobs } from './running-jobs.js';

/** A third of the time after which the dispatchers no longer count on this worker. */
const INTERVAL_MS = 5_000;

/** Tells the dispatchers how many slots this worker has while it takes jobs. */
@Injectable()
export class WorkerRegistration implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WorkerRegistration.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private hasFailed = false;

  constructor(
    private readonly workers: WorkerRepository,
    private readonly ownerLock: OwnerLock,
    private readonly jobs: RunningJobs,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    this.refresh();
    this.timer = setInterval(() => this.refresh(), INTERVAL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
    await this.run(() => this.workers.remove(this.ownerLock.owner));
  }

  private refresh(): void {
    this.running ??= this.run(async () => {
      if (await this.workers.see(this.ownerLock.owner, this.jobs.slots)) this.dispatcher.wake();
    }).finally(() => (this.running = undefined));
  }

  private async run(statement: () => Promise<void>): Promise<void> {
    try {
      await statement();
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.logger.warn({ msg: 'This worker could not be registered; it tries again', err: error });
      this.hasFailed = true;
    }
  }
}
