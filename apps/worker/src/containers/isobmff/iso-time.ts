import { STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';
import { PacketDurations } from '../packet-durations.js';
import type { StatedTime } from '../source-structure.js';
import { findBox, type Box } from './iso-box.js';
import { mediaTimescale, readEdits, type Edit } from './iso-edits.js';

/** Longer edit lists, and edit lists of long time tables, take too long to compare. */
const MAX_EDITS = 1000;
const MAX_STEPS = 2_000_000;

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the durations of a track's samples from its time table and its edit list; fragments add theirs later.
 * Null if the file states no time that can be compared.
 */
export function* readIsoTime(
  bytes: Buffer,
  track: Box,
  movie: { timescale: number; isFragmented: boolean },
): Interruptible<StatedTime | null> {
  yield;
  const timescale = mediaTimescale(bytes, track);
  const times = findBox(bytes, 'mdia/minf/stbl/stts', track);
  yield;
  const edits = readEdits(bytes, track, MAX_EDITS + 1);
  if (timescale === 0 || times === null || edits.length > MAX_EDITS) return null;
  const durations = new PacketDurations();
  const statedTime = (trimmedUnits: number): StatedTime => {
    const unitSeconds = 1 / timescale;
    return { durations, unitSeconds, resolutionSeconds: unitSeconds, trimmedSeconds: trimmedUnits / timescale };
  };
  // For fragments, players use only the start of the first edit.
  const ranges = movie.isFragmented ? [EVERYTHING] : edits.map((edit) => rangeOf(edit, timescale, movie.timescale));
  if (!(yield* addRuns(bytes, times, ranges.length === 0 ? [EVERYTHING] : ranges, durations))) return null;
  return statedTime(movie.isFragmented ? Math.max(0, edits[0]?.mediaTime ?? 0) : 0);
}

const EVERYTHING: Range = { start: 0, end: Infinity };

function rangeOf({ mediaTime, duration }: Edit, timescale: number, movieTimescale: number): Range {
  // An empty edit in the middle plays nothing.
  if (mediaTime < 0) return { start: 0, end: 0 };
  const units = movieTimescale === 0 ? 0 : (duration / movieTimescale) * timescale;
  return { start: mediaTime, end: duration === 0 ? Infinity : mediaTime + units };
}

/** Returns false if that would take too long. */
function* addRuns(
  bytes: Buffer,
  times: Box,
  ranges: readonly Range[],
  durations: PacketDurations,
): Interruptible<boolean> {
  if ((ranges.length * (times.end - times.start)) / 8 > MAX_STEPS) return false;
  let start = 0;
  let steps = 0;
  for (let at = times.start + 8; at + 8 <= times.end; at += 8) {
    const samples = bytes.readUInt32BE(at);
    const units = bytes.readUInt32BE(at + 4);
    const end = start + samples * units;
    for (const range of ranges) {
      if (steps++ % STEPS_PER_YIELD === 0) yield;
      const played = Math.min(end, range.end) - Math.max(start, range.start);
      if (played > 0) durations.add(units, played / units);
    }
    start = end;
  }
  return true;
}
