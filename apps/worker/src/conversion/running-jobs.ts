import type { SpareCores } from '../transcoding/index.js';
import { ShutdownError } from './stop-reasons.js';

/**
 * Bounds how many jobs this worker runs at once. The broker's prefetch does not: after a lost channel it delivers
 * messages again while their first deliveries are still being processed.
 */
export class RunningJobs implements SpareCores {
  private readonly shutdownController = new AbortController();
  private readonly waiting = new Set<(isGranted: boolean) => void>();
  private readonly idleListeners: (() => void)[] = [];
  private running = 0;
  /** Cores that jobs use in addition to one each. */
  private borrowed = 0;

  /** @param cores how many cores this worker can use */
  constructor(
    readonly slots: number,
    private readonly cores = slots,
  ) {}

  get count(): number {
    return this.running;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Aborts when the worker shuts down: a delivery then no longer waits for the database or the disk. */
  get shutdown(): AbortSignal {
    return this.shutdownController.signal;
  }

  /**
   * Takes up to the given number of unused cores; returns the number taken. While a slot is free, no message waits in the
   * queue, because the broker would have delivered it. Jobs that start later get their slots at once.
   */
  take(most: number): number {
    const spare = this.waiting.size > 0 ? 0 : this.cores - this.running - this.borrowed;
    const taken = Math.max(0, Math.min(most, spare));
    this.borrowed += taken;
    return taken;
  }

  giveBack(): void {
    this.borrowed -= 1;
  }

  /** Runs the job in a slot, and waits for one first. Returns `dropped` if the signal aborts or the worker shuts down before. */
  async run<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T | 'dropped'> {
    if (!(await this.acquireSlot(signal))) return 'dropped';
    try {
      return await job();
    } finally {
      this.releaseSlot();
    }
  }

  /** Starts no more jobs. */
  close(): void {
    this.shutdownController.abort(new ShutdownError());
    for (const grant of this.waiting) grant(false);
  }

  /** Resolves when no job runs. */
  async idle(): Promise<void> {
    if (this.running === 0) return;
    await new Promise<void>((resolve) => this.idleListeners.push(resolve));
  }

  private async acquireSlot(signal: AbortSignal): Promise<boolean> {
    if (this.shutdown.aborted || signal.aborted) return false;
    if (this.running < this.slots) {
      this.running += 1;
      return true;
    }
    return new Promise((resolve) => {
      const drop = (): void => grant(false);
      const grant = (isGranted: boolean): void => {
        signal.removeEventListener('abort', drop);
        this.waiting.delete(grant);
        resolve(isGranted);
      };
      signal.addEventListener('abort', drop, { once: true });
      this.waiting.add(grant);
    });
  }

  private releaseSlot(): void {
    const [next] = this.waiting;
    if (next !== undefined) return next(true);
    this.running -= 1;
    if (this.running === 0) for (const resolve of this.idleListeners.splice(0)) resolve();
  }
}
