import { CoreEnv } from '@app/config';
import { OwnerLock } from '@app/database';
import { AmqpTransportStrategy } from '@app/messaging';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { JobWorkspace } from './job-workspace.js';
import { WorkInHand } from './work-in-hand.js';

const SWEEP_MS = 3_600_000;
/** What a killed ffmpeg and the last statements need after the grace period. */
const RELEASE_MS = 8_000;

/** Starts a worker's parts in order, and on shutdown drains them: finish what can be finished, hand back the rest. */
@Injectable()
export class WorkerLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WorkerLife.name);
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly core: CoreEnv,
    private readonly ownerLock: OwnerLock,
    private readonly strategy: AmqpTransportStrategy,
    private readonly work: WorkInHand,
    private readonly workspace: JobWorkspace,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep();
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS);
    this.work.start();
    this.ownerLock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.sweeper);
    this.strategy.stopConsuming();
    if (await this.work.drain(this.core.DRAIN_SECONDS * 1000, RELEASE_MS)) await this.strategy.drained();
    await this.ownerLock.stop();
    // A run that did not stop may still write there; what is left is swept by a later worker.
    await this.workspace
      .removeOwn()
      .catch((error: unknown) => this.logger.warn({ msg: 'Files were left', err: error }));
    this.logger.log('Drained');
  }

  private async sweep(): Promise<void> {
    await this.workspace.sweep().catch((error: unknown) => this.logger.warn({ msg: 'The sweep failed', err: error }));
  }
}
