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

  /** 100 is kept for DONE. */
  reportProgress(percent: number): void {
    this.percent = Math.min(99, Math.max(this.percent, Math.floor(percent)));
  }

  stop(reason: Error): void {
    this.controller.abort(reason);
  }
}
