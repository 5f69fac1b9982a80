import { childBoxes, type Box } from './iso-box.js';
import type { ListedTimes } from './iso-index.js';
import type { IsoTrack, SampleDefaults } from './iso-movie.js';
import type { PacketDurations } from '../packet-durations.js';
import { STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';
import type { StructureBudget } from '../structure-budget.js';

const BASE_OFFSET = 0x01;
const DESCRIPTION_INDEX = 0x02;
const DEFAULT_DURATION = 0x08;
const DEFAULT_SIZE = 0x10;
const DATA_OFFSET = 0x01;
const FIRST_SAMPLE_FLAGS = 0x04;
const PER_SAMPLE_FIELDS = [0x100, 0x200, 0x400, 0x800];
const SAMPLE_DURATION = 0x100;
const SAMPLE_SIZE = 0x200;

/** The position, size and duration of the samples of a run that does not state its own. */
interface RunDefaults extends SampleDefaults {
  readonly base: number;
  readonly start: number;
  /** The durations of all samples of the track, to which the run adds its own. */
  readonly durations: PacketDurations | null;
  readonly clock: TrackClock;
}

/** The times of a track's fragments so far, in units of the track. Infinite if they do not state their times. */
interface TrackClock {
  readonly start: number;
  /** Each run adds the duration of its samples. */
  end: number;
}

/** Checks the fragments of one file against its size. */
export class FragmentReader {
  private readonly tracks: ReadonlyMap<number, IsoTrack>;
  /** By track ID. */
  private readonly clocks = new Map<number, TrackClock>();

  constructor(
    private readonly fileBytes: number,
    tracks: readonly IsoTrack[],
    private readonly budget: StructureBudget,
  ) {
    this.tracks = new Map(tracks.map((track) => [track.id, track]));
  }

  /**
   * Checks the runs of samples of a `moof` payload. Returns the reason why the file is incomplete, or null.
   * @param position the position of the `moof` box in the file
   */
  *read(bytes: Buffer, position: number): Interruptible<string | null> {
    let end: number | null = position;
    for (const box of childBoxes(bytes).filter(({ type }) => type === 'traf')) {
      yield;
      end = yield* this.readTrackFragment(bytes, box, position, end);
      if (end === null) return `damaged sample run in the fragment at byte ${position}`;
      if (end > this.fileBytes) return `samples of the fragment at byte ${position} end past the file`;
    }
    return null;
  }

  /** Returns the seconds at which a track ends; infinite if that is unknown. */
  endSeconds(track: IsoTrack): number {
    return track.timescale === 0 ? Infinity : (this.clocks.get(track.id)?.end ?? Infinity) / track.timescale;
  }

  /** Returns true if an index lists a fragment at or after the end of its track. */
  lacks({ trackId, first, last }: ListedTimes): boolean {
    const clock = this.clocks.get(trackId);
    // The index can state presentation times, and fragments decoding times, so only differences are compared.
    return clock !== undefined && last > first && last - first >= clock.end - clock.start;
  }

  /** Returns the clock of a track, set to the start of a fragment. */
  private clockOf(trackId: number, bytes: Buffer, boxes: readonly Box[]): TrackClock {
    const time = boxes.find(({ type }) => type === 'tfdt');
    const isLong = time !== undefined && bytes.readUInt8(time.start) === 1;
    const units =
      time === undefined
        ? null
        : isLong
          ? Number(bytes.readBigUInt64BE(time.start + 4))
          : bytes.readUInt32BE(time.start + 4);
    const clock = this.clocks.get(trackId) ?? { start: units ?? -Infinity, end: Infinity };
    if (units !== null) clock.end = units;
    this.clocks.set(trackId, clock);
    return clock;
  }

  /** Returns the position at which the samples end; null if a run does not fit its own box. */
  private *readTrackFragment(
    bytes: Buffer,
    box: Box,
    fragment: number,
    previousEnd: number,
  ): Interruptible<number | null> {
    const boxes = childBoxes(bytes, box.start, box.end);
    const header = boxes.find(({ type }) => type === 'tfhd');
    if (header === undefined || header.end - header.start < 8) return null;
    const flags = bytes.readUIntBE(header.start + 1, 3);
    let at = header.start + 8;
    const id = bytes.readUInt32BE(header.start + 4);
    const clock = this.clockOf(id, bytes, boxes);
    const base = (flags & BASE_OFFSET) === 0 ? fragment : Number(bytes.readBigUInt64BE(at));
    if ((flags & BASE_OFFSET) !== 0) at += 8;
    if ((flags & DESCRIPTION_INDEX) !== 0) at += 4;
    const track = this.tracks.get(id);
    const durations = track?.time?.durations ?? null;
    const duration = (flags & DEFAULT_DURATION) === 0 ? (track?.defaults.duration ?? 0) : bytes.readUInt32BE(at);
    if ((flags & DEFAULT_DURATION) !== 0) at += 4;
    const sizeBytes = (flags & DEFAULT_SIZE) === 0 ? (track?.defaults.sizeBytes ?? 0) : bytes.readUInt32BE(at);
    let end: number | null = previousEnd;
    for (const run of boxes.filter(({ type }) => type === 'trun')) {
      yield;
      end = yield* this.readRun(bytes, run, { base, sizeBytes, duration, durations, clock, start: end });
      if (end === null) return null;
    }
    return end;
  }

  private *readRun(bytes: Buffer, box: Box, defaults: RunDefaults): Interruptible<number | null> {
    if (box.end - box.start < 8) return null;
    const flags = bytes.readUIntBE(box.start + 1, 3);
    const count = bytes.readUInt32BE(box.start + 4);
    const width = 4 * PER_SAMPLE_FIELDS.filter((field) => (flags & field) !== 0).length;
    const hasOffset = (flags & DATA_OFFSET) !== 0;
    const first = box.start + 8 + (hasOffset ? 4 : 0) + ((flags & FIRST_SAMPLE_FLAGS) === 0 ? 0 : 4);
    if (first + count * width !== box.end) return null;
    let end = hasOffset ? defaults.base + bytes.readInt32BE(box.start + 8) : defaults.start;
    if (width === 0) this.budget.spendSamples(count, Math.max(1, defaults.sizeBytes));
    const hasDurations = (flags & SAMPLE_DURATION) !== 0;
    const hasSizes = (flags & SAMPLE_SIZE) !== 0;
    if (!hasDurations) {
      defaults.durations?.add(defaults.duration, count);
      defaults.clock.end += count * defaults.duration;
    }
    if (!hasSizes) end += count * defaults.sizeBytes;
    if (!hasDurations && !hasSizes) return end;
    for (let index = 0; index < count; index++) {
      if (index % STEPS_PER_YIELD === 0) yield;
      const at = first + index * width;
      if (hasDurations) {
        const units = bytes.readUInt32BE(at);
        defaults.durations?.add(units);
        defaults.clock.end += units;
      }
      if (hasSizes) end += bytes.readUInt32BE(at + (hasDurations ? 4 : 0));
    }
    return end;
  }
}
