import { setImmediate } from 'node:timers/promises';

const SLICE_MS = 10;

/** A computation that can be interrupted at each `yield`. */
export type Interruptible<T> = Generator<void, T>;
/** A loop yields once for this number of steps. */
export const STEPS_PER_YIELD = 4096;

/** Divides a long computation into slices, between which the event loop serves others. */
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
