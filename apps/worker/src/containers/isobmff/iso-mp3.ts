import { childBoxes, findBox, type Box } from './iso-box.js';
import { elementaryStreamType } from './iso-elementary-stream.js';
import { mediaTimescale, readEdits } from './iso-edits.js';
import { STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';
import type { Trim } from '../source-structure.js';

/** QuickTime's name for MP3, and the one that contains the codec number of Windows. */
const MP3_ENTRIES = new Set(['.mp3', 'ms\0U']);
/** MPEG 2 and MPEG 1 audio of any layer; only the frames state the layer. */
const MPEG_AUDIO_TYPES = new Set([0x69, 0x6b]);
/** The fields of an audio entry of version 0. Writers do not use later versions for MPEG audio. */
const ENTRY_FIELD_BYTES = 28;
const NORMAL_RATE = 0x10000;
/** An empty edit, one that counts, and one more, which is too many. */
const EDITS_READ = 3;

/** Returns true if a sample table has one description, of MPEG audio. */
export function isMpegAudio(bytes: Buffer, sampleTable: Box): boolean {
  const descriptions = findBox(bytes, 'stsd', sampleTable);
  if (descriptions === null) return false;
  const [entry, other] = childBoxes(bytes, descriptions.start + 8, descriptions.end);
  if (entry === undefined || other !== undefined) return false;
  if (entry.type !== 'mp4a') return MP3_ENTRIES.has(entry.type);
  return MPEG_AUDIO_TYPES.has(elementaryStreamType(bytes, entry, 'esds', ENTRY_FIELD_BYTES));
}

/** Reads the part of the track that players play; null unless that is one piece at normal speed. */
export function* readTrim(bytes: Buffer, track: Box, movieTimescale: number): Interruptible<Trim | null> {
  yield;
  const timescale = mediaTimescale(bytes, track);
  const times = findBox(bytes, 'mdia/minf/stbl/stts', track);
  yield;
  const [edit, ...others] = readEdits(bytes, track, EDITS_READ);
  if (timescale === 0 || times === null || others.length > 0) return null;
  const endSeconds = (yield* totalTicks(bytes, times)) / timescale;
  if (edit === undefined) return { startSeconds: 0, endSeconds, discardSeconds: [] };
  const startSeconds = edit.mediaTime / timescale;
  // A start that is rounded by more than a sample cannot be used.
  if (edit.rate !== NORMAL_RATE || movieTimescale === 0 || (startSeconds > 0 && timescale < 8000)) return null;
  // Its duration is rounded to the coarser ticks of the movie.
  const editEnd = startSeconds + (edit.duration + 1) / movieTimescale;
  const hasEnd = edit.duration > 0 && editEnd < endSeconds;
  return { startSeconds, endSeconds: hasEnd ? editEnd : endSeconds, discardSeconds: [] };
}

function* totalTicks(bytes: Buffer, times: Box): Interruptible<number> {
  const count = Math.floor((times.end - times.start - 8) / 8);
  let total = 0;
  for (let index = 0; index < count; index++) {
    if (index % STEPS_PER_YIELD === 0) yield;
    const at = times.start + 8 + 8 * index;
    total += bytes.readUInt32BE(at) * bytes.readUInt32BE(at + 4);
  }
  return total;
}
