import { childBoxes, findBox, type Box } from './iso-box.js';
import { STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';
import type { StructureBudget } from '../structure-budget.js';

/** Demuxers read size tables in any of these boxes. */
const CONTAINERS = new Set(['mdia', 'minf', 'stbl', 'edts', 'dinf', 'udta', 'tref', 'sinf', 'schi', 'wave']);
const MAX_DEPTH = 10;
/** QuickTime states a size of one byte for each sample of compressed audio, although QDesign Music has 44 in a byte. */
const MOST_AUDIO_SAMPLES_PER_BYTE = 256;

/** The number of samples that ffmpeg keeps in one record if each lasts one tick. */
const SAMPLES_IN_RECORD = 1024;

/** Charges the budget for each sample that the size tables of a track declare. */
export function* spendDeclaredSamples(bytes: Buffer, track: Box, budget: StructureBudget): Interruptible<void> {
  const isCounted = isCountedAudio(bytes, track);
  const bytesInOne = isCounted ? 1 / MOST_AUDIO_SAMPLES_PER_BYTE : 1;
  const samplesInRecord = isCounted ? SAMPLES_IN_RECORD : 1;
  const tables = yield* sizeTables(bytes, track, 1);
  for (const [index, table] of tables.entries()) {
    if (index % STEPS_PER_YIELD === 0) yield;
    if (table.end - table.start < 12) continue;
    const fixed = bytes.readUInt32BE(table.start + 4);
    const count = bytes.readUInt32BE(table.start + 8);
    if (table.type === 'stz2') budget.spendSamples(count, (fixed & 0xff) / 8, samplesInRecord);
    else budget.spendSamples(count, fixed === 0 ? 4 : fixed === 1 ? bytesInOne : fixed, samplesInRecord);
  }
}

function* sizeTables(bytes: Buffer, within: Box, depth: number): Interruptible<Box[]> {
  const found: Box[] = [];
  for (const box of childBoxes(bytes, within.start, within.end)) {
    if (box.type === 'stsz' || box.type === 'stz2') found.push(box);
    if (!CONTAINERS.has(box.type) || depth === MAX_DEPTH) continue;
    yield;
    found.push(...(yield* sizeTables(bytes, box, depth + 1)));
  }
  return found;
}

/** Returns true if each audio sample lasts one tick: then demuxers allocate memory for chunks, not for samples. */
function isCountedAudio(bytes: Buffer, track: Box): boolean {
  const handler = findBox(bytes, 'mdia/hdlr', track);
  const times = findBox(bytes, 'mdia/minf/stbl/stts', track);
  if (handler === null || times === null || times.end - times.start < 16) return false;
  const isAudio = bytes.toString('latin1', handler.start + 8, handler.start + 12) === 'soun';
  return isAudio && bytes.readUInt32BE(times.start + 4) === 1 && bytes.readUInt32BE(times.start + 12) === 1;
}
