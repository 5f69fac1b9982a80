import { Logger } from '@nestjs/common';

/** A rare task first runs this early, so that a process that is often restarted runs it at all. */
const LONGEST_START_MS = 60_000;

/** Repeats its work, never twice at once, and survives its failures. A lasting failure is logged once. */
export class PeriodicTask {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;
  private hasFailed = false;

  constructor(
    private readonly name: string,
    private readonly intervalMs: number,
    private readonly work: () => Promise<void>,
  ) {
    this.logger = new Logger(`PeriodicTask ${name}`);
  }

  start(): void {
    this.schedule(Math.min(this.intervalMs, LONGEST_START_MS));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.running = this.run().finally(() => this.schedule(this.intervalMs));
    }, delayMs);
  }

  private async run(): Promise<void> {
    try {
      await this.work();
      if (this.hasFailed) this.logger.log(`${this.name} works again`);
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.logger.warn({ msg: `${this.name} failed and is tried again`, err: error });
      this.hasFailed = true;
    }
  }
}
