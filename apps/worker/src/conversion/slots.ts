/**
 * Bounds how many jobs this worker runs at once. The broker's prefetch does not: after a lost channel it hands out
 * messages again while the old ones are still being worked on.
 */
export class Slots {
  private free: number;
  private isClosed = false;
  private readonly waiting: ((isGranted: boolean) => void)[] = [];
  private readonly idleListeners: (() => void)[] = [];

  constructor(readonly size: number) {
    this.free = size;
  }

  get busy(): number {
    return this.size - this.free;
  }

  /** Runs the work in a slot, waiting for one first; `closed` if the slots were closed before one was free. */
  async use<T>(work: () => Promise<T>): Promise<T | 'closed'> {
    if (!(await this.acquire())) return 'closed';
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /** No work starts any more, whether it waits already or comes later. */
  close(): void {
    this.isClosed = true;
    for (const grant of this.waiting.splice(0)) grant(false);
  }

  /** Resolves once no slot is in use. */
  async idle(): Promise<void> {
    if (this.busy === 0) return;
    await new Promise<void>((resolve) => this.idleListeners.push(resolve));
  }

  private async acquire(): Promise<boolean> {
    if (this.isClosed) return false;
    if (this.free > 0) {
      this.free -= 1;
      return true;
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private release(): void {
    const next = this.waiting.shift();
    if (next !== undefined) return next(true);
    this.free += 1;
    if (this.busy === 0) for (const listener of this.idleListeners.splice(0)) listener();
  }
}
