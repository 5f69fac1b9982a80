import { PacketDurations } from '../packet-durations.js';
import type { StatedTime } from '../source-structure.js';

/** A tick is divided, because several frames may share the time between two blocks. */
const UNITS_PER_TICK = 1000;
const NANOSECONDS = 1e9;

/** Follows the times of one track's blocks: a block says when it begins, the next one when it has ended. */
export class EbmlTime {
  private readonly durations = new PacketDurations();
  private begin: number | null = null;
  private frames = 0;
  /** Of the latest block, in ticks, where it says so. */
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

  /** The latest block's own duration. */
  setDuration(ticks: number): void {
    this.blockTicks = ticks;
  }

  /** What is left out of the latest block. */
  discard(seconds: number): void {
    this.trimmedSeconds += Math.abs(seconds);
  }

  /** Call it once, behind the last block. */
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
