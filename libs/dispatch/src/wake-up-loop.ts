import type { Logger } from '@nestjs/common';

export interface Round {
  /** True if a caller waits for a sweep. The round then also finds work that no wake-up announced. */
  readonly isSweep: boolean;
}

interface SweepRequest {
  readonly done: Promise<void>;
  readonly finish: () => void;
}

/**
 * Runs rounds of work one at a time, in this process. Any number of wake-ups during a round make one more round, and a
 * sweep is part of the next round however often the loop is woken. A failed round is logged once, until one succeeds.
 */
export class WakeUpLoop {
  private running: Promise<void> | undefined;
  private isWoken = false;
  private sweepRequest: SweepRequest | undefined;
  private isStopped = false;
  private hasFailed = false;

  constructor(
    private readonly round: (round: Round) => Promise<void>,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly failure: string,
  ) {}

  /** Requests a round. Returns at once. */
  wake(): void {
    this.isWoken = true;
    this.start();
  }

  /** Resolves after a round with a sweep that began after this call. */
  async sweep(): Promise<void> {
    if (this.isStopped) return;
    this.sweepRequest ??= sweepRequest();
    const { done } = this.sweepRequest;
    this.start();
    await done;
  }

  /** Waits for the current round, and starts no more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
    this.sweepRequest?.finish();
  }

  private start(): void {
    if (!this.isStopped) this.running ??= this.run();
  }

  private async run(): Promise<void> {
    // No await lies between the last check and the end: a wake-up is either seen by the check or starts a new run.
    while (!this.isStopped && (this.isWoken || this.sweepRequest !== undefined)) await this.runRound();
    this.running = undefined;
  }

  private async runRound(): Promise<void> {
    const request = this.sweepRequest;
    this.sweepRequest = undefined;
    this.isWoken = false;
    try {
      await this.round({ isSweep: request !== undefined });
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.logger.warn({ msg: this.failure, err: error });
      this.hasFailed = true;
    } finally {
      request?.finish();
    }
  }
}

function sweepRequest(): SweepRequest {
  let finish!: () => void;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { done, finish };
}
