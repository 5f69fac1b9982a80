import type { Lease } from '@app/database';

/** A job that this worker runs: what the beat needs to know of it, and how the beat stops it. */
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

  /** 100 is kept for DONE. What is no number is not taken: it would fail the beat of every job. */
  reportProgress(percent: number): void {
    if (percent > this.percent) this.percent = Math.min(99, Math.floor(percent));
  }

  stop(reason: Error): void {
    this.controller.abort(reason);
  }
}
