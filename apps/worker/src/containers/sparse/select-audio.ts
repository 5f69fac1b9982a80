import { EventLoopShare, STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';
import { readSampleTable } from '../isobmff/iso-sample-table.js';
import { assertInside, ChunkList, MAX_CHUNKS, mergeChunks } from './chunk-list.js';
import { readIsoIndex, type IsoIndex } from './iso-index.js';
import { readIsoTables, type IsoTable } from './iso-tracks.js';
import { planRanges, rangesOf } from './range-plan.js';
import { UnusableIndexError, type FileRange, type RemoteSource } from './remote-source.js';

/** Below this, the requests for the index take as long as the file. */
const MIN_FILE_BYTES = 64 * 1024 * 1024;
/** Demuxers probe up to 5 MB of the media data. With its real bytes they find, and log, what they always do. */
const PROBED_BYTES = 6 * 1024 * 1024;
const MAX_SMALL_TRACK_BYTES = 16 * 1024 * 1024;

/** The ranges of a file that have to be fetched, or why all of it has to be. */
export type AudioSelection = { readonly ranges: readonly FileRange[] } | { readonly wholeBecause: string };

/**
 * Selects what a demuxer needs to read all audio of an MP4 or MOV file as if the file were complete. Reads the index
 * through `file`. Rejects only with the errors of `file`.
 */
export async function selectAudio(file: RemoteSource): Promise<AudioSelection> {
  if (file.sizeBytes < MIN_FILE_BYTES) return { wholeBecause: 'small' };
  const share = new EventLoopShare();
  try {
    const chunks = await neededChunks(file, PROBED_BYTES);
    const plan = await share.run(planRanges(chunks, file.sizeBytes, await file.speed()));
    if (plan === null) return { wholeBecause: 'no quicker than the whole file' };
    return { ranges: await share.run(rangesOf(chunks, plan.gapBytes)) };
  } catch (error) {
    // Also from reading a field outside its box.
    if (error instanceof UnusableIndexError || error instanceof RangeError) return { wholeBecause: error.message };
    throw error;
  }
}

/**
 * Returns what is needed of the media data: the audio, small tracks, and the beginning. Rejects with an
 * `UnusableIndexError` or a `RangeError` if the index is not relied on.
 */
export async function neededChunks(file: RemoteSource, probedBytes: number): Promise<ChunkList> {
  const { movie, media } = await readIsoIndex(file);
  return new EventLoopShare().run(chunksIn({ movie, media }, file.sizeBytes, probedBytes));
}

function* chunksIn({ movie, media }: IsoIndex, fileBytes: number, probedBytes: number): Interruptible<ChunkList> {
  const lists: ChunkList[] = [];
  let [smallBytes, count] = [0, 0];
  for (const track of readIsoTables(movie)) {
    yield;
    const { list, bytes } = yield* chunksOf(movie, track, fileBytes);
    if (!track.isAudio) smallBytes += bytes;
    if (smallBytes > MAX_SMALL_TRACK_BYTES) throw new UnusableIndexError('large tracks besides audio and video');
    count += list.count;
    if (count > MAX_CHUNKS) throw new UnusableIndexError('too many chunks');
    lists.push(list);
  }
  const chunks = yield* mergeChunks(lists);
  yield* assertInside(chunks, media);
  return yield* withBeginning(chunks, media, probedBytes);
}

function* chunksOf(
  movie: Buffer,
  { isAudio, table }: IsoTable,
  fileBytes: number,
): Interruptible<{ list: ChunkList; bytes: number }> {
  const list = new ChunkList();
  let bytes = 0;
  const { samples, damage } = yield* readSampleTable(movie, table, fileBytes, (position, lengthBytes) => {
    if (lengthBytes === null) throw new UnusableIndexError('samples without sizes');
    list.add(position, position + lengthBytes);
    bytes += lengthBytes;
  });
  if (damage !== null) throw new UnusableIndexError(damage);
  if (isAudio && samples === 0) throw new UnusableIndexError('an audio track without samples');
  return { list, bytes };
}

function* withBeginning(
  chunks: ChunkList,
  [first]: IsoIndex['media'],
  beginningBytes: number,
): Interruptible<ChunkList> {
  const list = new ChunkList();
  if (first === undefined) return chunks;
  const end = Math.min(first.end, first.start + beginningBytes);
  list.add(first.start, end);
  for (let index = 0; index < chunks.count; index++) {
    if (index % STEPS_PER_YIELD === 0) yield;
    if (chunks.end(index) > end) list.add(Math.max(end, chunks.start(index)), chunks.end(index));
  }
  return list;
}
