import { PacketDurations } from '../packet-durations.js';
import type { StatedTime } from '../source-structure.js';

/** A tick is divided, because several frames can share the time between two blocks. */
const UNITS_PER_TICK = 1000;
const NANOSECONDS = 1e9;

/** Calculates the durations of one track's blocks: a block states its start, and the next one the end of the previous. */
export class EbmlTime {
  private readonly durations = new PacketDurations();
  private begin: number | null = null;
  private frames = 0;
  /** The duration of the latest block in ticks; null if it states none. */
  private blockTicks: number | null = null;
  private trimmedSeconds: number;

  constructor(
    delaySeconds: number,
    private readonly defaultNanoseconds: number,
  ) {
    this.trimmedSeconds = delaySeconds;
  }

  add(ticks: number, frames: number): void {
    if (this.begin !== null) this.end(ticks - this.begin);
    this.begin = ticks;
    this.frames = frames;
  }

  /** Sets the duration that the latest block states. */
  setDuration(ticks: number): void {
    this.blockTicks = ticks;
  }

  /** Adds the seconds that players skip at the end of the latest block. */
  discard(seconds: number): void {
    this.trimmedSeconds += Math.abs(seconds);
  }

  /** Returns the result. Call it once, after the last block. */
  stated(tickNanoseconds: number): StatedTime {
    if (this.begin !== null) {
      const frameTicks = this.defaultNanoseconds / tickNanoseconds;
      this.end(this.defaultNanoseconds === 0 ? null : frameTicks * this.frames);
      this.begin = null;
    }
    const { durations, trimmedSeconds } = this;
    const resolutionSeconds = tickNanoseconds / NANOSECONDS;
    return { durations, unitSeconds: resolutionSeconds / UNITS_PER_TICK, resolutionSeconds, trimmedSeconds };
  }

  private end(ticks: number | null): void {
    const known = Math.min(ticks ?? Infinity, this.blockTicks ?? Infinity);
    this.blockTicks = null;
    if (known === Infinity || known < 0) this.durations.addUnstated(this.frames);
    else this.durations.add((known * UNITS_PER_TICK) / this.frames, this.frames);
  }
}
