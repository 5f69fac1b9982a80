import { setImmediate } from 'node:timers/promises';

const SLICE_MS = 10;

/** A computation that can be interrupted wherever it yields. */
export type Interruptible<T> = Generator<void, T>;
/** A loop yields once in so many steps. */
export const STEPS_PER_YIELD = 4096;

/** Divides long computations into slices, so that the event loop serves others in between. */
export class EventLoopShare {
  private sliceEnd = performance.now() + SLICE_MS;

  isUsedUp(): boolean {
    return performance.now() > this.sliceEnd;
  }

  async giveWay(): Promise<void> {
    await setImmediate();
    this.sliceEnd = performance.now() + SLICE_MS;
  }

  async run<T>(work: Interruptible<T>): Promise<T> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (this.isUsedUp()) await this.giveWay();
    }
  }
}
