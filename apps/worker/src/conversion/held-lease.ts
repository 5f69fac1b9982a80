import type { Lease } from '@app/database';

/** The lease and the progress of a running job, for the heartbeat, and the signal that stops the job. */
export class HeldLease {
  private readonly controller = new AbortController();
  private percent = 0;

  constructor(readonly lease: Lease) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get progress(): number {
    return this.percent;
  }

  /** Keeps 100 for DONE. Ignores NaN: it would make the heartbeat of all jobs fail. */
  reportProgress(percent: number): void {
    if (percent > this.percent) this.percent = Math.min(99, Math.floor(percent));
  }

  stop(reason: Error): void {
    this.controller.abort(reason);
  }
}
