import { Dispatcher, OutboxRelay } from '@app/dispatch';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ObjectSweeper } from './object-sweeper.js';
import { PeriodicTask } from './periodic-task.js';
import { Reconciler } from './reconciler.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Twice the longest upload: nothing this old is still on its way. */
const ORPHAN_AGE_MS = 24 * HOUR_MS;

/** What runs beside the requests, each at its own pace, so that one service's outage does not hold up the others. */
@Injectable()
export class MaintenanceService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly tasks: readonly PeriodicTask[];

  constructor(dispatcher: Dispatcher, relay: OutboxRelay, reconciler: Reconciler, sweeper: ObjectSweeper) {
    this.tasks = [
      new PeriodicTask('The dispatch sweep', SECOND_MS, () => dispatcher.sweep()),
      new PeriodicTask('The outbox relay', SECOND_MS, () => relay.relay()),
      new PeriodicTask('The reconciler', SECOND_MS, () => reconciler.reconcile()),
      new PeriodicTask('The object sweeper', MINUTE_MS, () => sweeper.sweep(new Date(Date.now() - ORPHAN_AGE_MS))),
      new PeriodicTask('The outbox clean-up', HOUR_MS, () => relay.dropExpired()),
    ];
  }

  onApplicationBootstrap(): void {
    for (const task of this.tasks) task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }
}
