import { Dispatcher, OutboxRelay } from '@app/dispatch';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MaintenanceTasks } from './maintenance-tasks.js';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** Publishes what wake-ups did not: lost messages, jobs whose delay is over, and recorded events. */
@Injectable()
export class DispatchTasks implements OnModuleInit {
  constructor(
    private readonly tasks: MaintenanceTasks,
    private readonly dispatcher: Dispatcher,
    private readonly relay: OutboxRelay,
  ) {}

  onModuleInit(): void {
    this.tasks.add('The dispatch sweep', SECOND_MS, () => this.dispatcher.sweep());
    this.tasks.add('The outbox relay', SECOND_MS, () => this.relay.relay());
    this.tasks.add('The outbox clean-up', HOUR_MS, () => this.relay.dropExpired());
  }
}
