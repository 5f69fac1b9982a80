import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from './periodic-task.js';

/**
 * Runs what features have to do beside the requests, each task at its own pace, so that the outage of one service does
 * not delay the others. A feature adds its tasks in `onModuleInit`.
 */
@Injectable()
export class MaintenanceTasks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly tasks: PeriodicTask[] = [];

  add(name: string, intervalMs: number, work: () => Promise<void>): void {
    this.tasks.push(new PeriodicTask(name, intervalMs, work));
  }

  onApplicationBootstrap(): void {
    for (const task of this.tasks) task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }
}
