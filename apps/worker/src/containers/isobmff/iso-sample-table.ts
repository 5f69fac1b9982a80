import { findBox, type Box } from './iso-box.js';
import { STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';

export interface SampleTable {
  readonly samples: number;
  /** The reason why samples are missing; null if none was found. */
  readonly damage: string | null;
}

/** Called for each chunk in order with its position and length; the length is null if the table does not state it. */
export type OnChunk = (position: number, lengthBytes: number | null) => void;

interface Chunks {
  readonly count: number;
  offset(index: number): number;
}

interface Runs {
  readonly count: number;
  /** Returns the first chunk of a run, counted from 1. */
  firstChunk(index: number): number;
  samplesPerChunk(index: number): number;
  /** Returns the number of the sample description of a run, counted from 1. */
  description(index: number): number;
}

interface Sizes {
  readonly count: number;
  /** Returns the bytes of a range of samples; null if the stated size is not the number of stored bytes. */
  total(from: number, to: number): Interruptible<number | null>;
}

/** Calculates the position of each chunk of a track, and checks that it lies within the file. */
export function* readSampleTable(
  bytes: Buffer,
  table: Box,
  fileBytes: number,
  onChunk: OnChunk,
): Interruptible<SampleTable> {
  // Each of these searches the whole list of boxes.
  const sizes = readSizes(bytes, table);
  yield;
  const chunks = readChunks(bytes, table);
  yield;
  const runs = readRuns(bytes, table);
  yield;
  const times = findBox(bytes, 'stts', table);
  if (sizes === null || chunks === null || runs === null || times === null) {
    return { samples: 0, damage: 'an incomplete sample table' };
  }
  const damage =
    (yield* timesDamage(bytes, times, sizes.count)) ??
    (yield* descriptionDamage(bytes, table, runs)) ??
    (yield* layout({ sizes, chunks, runs }, fileBytes, onChunk));
  return { samples: sizes.count, damage };
}

interface Tables {
  readonly sizes: Sizes;
  readonly chunks: Chunks;
  readonly runs: Runs;
}

function* layout({ sizes, chunks, runs }: Tables, fileBytes: number, onChunk: OnChunk): Interruptible<string | null> {
  let sample = 0;
  for (let run = 0; run < runs.count; run++) {
    const next = run + 1 < runs.count ? runs.firstChunk(run + 1) : chunks.count + 1;
    if (next <= runs.firstChunk(run) || next > chunks.count + 1) return 'chunk runs out of order';
    for (let chunk = runs.firstChunk(run); chunk < next; chunk++) {
      if (chunk % STEPS_PER_YIELD === 0) yield;
      const upTo = sample + runs.samplesPerChunk(run);
      if (upTo > sizes.count) return 'more samples in chunks than sizes';
      const position = chunks.offset(chunk - 1);
      const length = yield* sizes.total(sample, upTo);
      onChunk(position, length);
      if (position + (length ?? 1) > fileBytes) return `sample ${upTo} ends past the end of the file`;
      sample = upTo;
    }
  }
  return sample === sizes.count ? null : `${sizes.count} samples, but ${sample} in chunks`;
}

function totalOf(size: (index: number) => number): Sizes['total'] {
  return function* (from, to) {
    let sum = 0;
    for (let sample = from; sample < to; sample++) {
      if (sample % STEPS_PER_YIELD === 0) yield;
      sum += size(sample);
    }
    return sum;
  };
}

/** Finds samples of an unknown description, which ffmpeg skips silently. */
function* descriptionDamage(bytes: Buffer, table: Box, runs: Runs): Interruptible<string | null> {
  const box = findBox(bytes, 'stsd', table);
  const descriptions = box === null || box.end - box.start < 8 ? 0 : bytes.readUInt32BE(box.start + 4);
  for (let run = 0; run < runs.count; run++) {
    if (run % STEPS_PER_YIELD === 0) yield;
    const description = runs.description(run);
    if (description < 1 || description > descriptions) return `chunks of an unknown description ${description}`;
  }
  return null;
}

function* timesDamage(bytes: Buffer, times: Box, samples: number): Interruptible<string | null> {
  const count = entries(bytes, times, 4, 8, 8);
  if (count === null) return 'time table longer than its box';
  let total = 0;
  for (let index = 0; index < count; index++) {
    if (index % STEPS_PER_YIELD === 0) yield;
    total += bytes.readUInt32BE(times.start + 8 + 8 * index);
  }
  return total === samples ? null : `${samples} samples, but times for ${total}`;
}

function readSizes(bytes: Buffer, table: Box): Sizes | null {
  const box = findBox(bytes, 'stsz', table);
  if (box === null) return readCompactSizes(bytes, table);
  if (box.end - box.start < 12) return null;
  const fixed = bytes.readUInt32BE(box.start + 4);
  if (fixed !== 0) {
    // QuickTime states one byte for each sample of compressed audio, whatever its size. A file can state any number of
    // samples here, so no loop counts them.
    // oxlint-disable-next-line require-yield -- the sizes of other tables are summed up one by one
    const total: Sizes['total'] = function* (from, to) {
      return fixed === 1 && to > from ? null : fixed * (to - from);
    };
    return { count: bytes.readUInt32BE(box.start + 8), total };
  }
  const count = entries(bytes, box, 8, 12, 4);
  return count === null ? null : { count, total: totalOf((index) => bytes.readUInt32BE(box.start + 12 + 4 * index)) };
}

function readCompactSizes(bytes: Buffer, table: Box): Sizes | null {
  const box = findBox(bytes, 'stz2', table);
  if (box === null || box.end - box.start < 12) return null;
  const fieldBits = bytes.readUInt8(box.start + 7);
  const count = bytes.readUInt32BE(box.start + 8);
  if (![4, 8, 16].includes(fieldBits) || box.start + 12 + Math.ceil((count * fieldBits) / 8) > box.end) return null;
  const size = (index: number): number => {
    if (fieldBits === 16) return bytes.readUInt16BE(box.start + 12 + 2 * index);
    if (fieldBits === 8) return bytes.readUInt8(box.start + 12 + index);
    const pair = bytes.readUInt8(box.start + 12 + (index >> 1));
    return index % 2 === 0 ? pair >> 4 : pair & 15;
  };
  return { count, total: totalOf(size) };
}

function readChunks(bytes: Buffer, table: Box): Chunks | null {
  const small = findBox(bytes, 'stco', table);
  const box = small ?? findBox(bytes, 'co64', table);
  if (box === null) return null;
  const width = small === null ? 8 : 4;
  const count = entries(bytes, box, 4, 8, width);
  if (count === null) return null;
  const at = (index: number): number => box.start + 8 + width * index;
  return {
    count,
    offset: (index) => (width === 4 ? bytes.readUInt32BE(at(index)) : Number(bytes.readBigUInt64BE(at(index)))),
  };
}

function readRuns(bytes: Buffer, table: Box): Runs | null {
  const box = findBox(bytes, 'stsc', table);
  const count = box === null ? null : entries(bytes, box, 4, 8, 12);
  if (box === null || count === null) return null;
  return {
    count,
    firstChunk: (index) => bytes.readUInt32BE(box.start + 8 + 12 * index),
    samplesPerChunk: (index) => bytes.readUInt32BE(box.start + 12 + 12 * index),
    description: (index) => bytes.readUInt32BE(box.start + 16 + 12 * index),
  };
}

/** Returns the number of entries that a table states; null if its box is too small for them. */
function entries(bytes: Buffer, box: Box, countAt: number, firstAt: number, width: number): number | null {
  if (box.end - box.start < firstAt) return null;
  const count = bytes.readUInt32BE(box.start + countAt);
  return box.start + firstAt + count * width > box.end ? null : count;
}
