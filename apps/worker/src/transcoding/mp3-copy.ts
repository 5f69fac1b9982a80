import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../containers/file-window.js';
import { Mp3Copy } from './mp3-copy-frames.js';
import { CopyNotPossibleError } from './copy-not-possible-error.js';
import type { Mp3Track } from '../containers/source-structure.js';
import { FrameWriter } from './frame-writer.js';
import type { TranscodeProgress } from './transcoder.js';
import { writeAll } from './write-all.js';

const PIECE_BYTES = 64 * 1024;
const PIECES_AT_A_STRETCH = 1024;
/** An info frame counts bytes in 32 bits, its own and those of a frame of silence too. */
const MAX_AUDIO_BYTES = 0xffffffff - 4096;

export interface CopyRequest {
  readonly source: ByteSource;
  readonly track: Mp3Track;
  /** What to put in front; may be empty. */
  readonly tag: Buffer;
  readonly outputPath: string;
  readonly maxDurationSeconds: number;
  onProgress(progress: TranscodeProgress): void;
}

/**
 * Writes the frames of an MP3 track as an MP3 file: every byte of the track in a frame, every frame as it is, behind
 * an info frame that is right and a tag. Rejects with `CopyNotPossibleError` for a track that cannot be copied so, which may still be
 * encoded anew, and with a conversion failure for one that is too long.
 */
export async function copyMp3(request: CopyRequest): Promise<void> {
  const { source, track, tag, outputPath, maxDurationSeconds } = request;
  if (track.ranges.reduce((sum, value, index) => (index % 2 === 0 ? sum : sum + value), 0) > MAX_AUDIO_BYTES) {
    throw new CopyNotPossibleError('more bytes than an info frame can tell');
  }
  const copy = new Mp3Copy(track, maxDurationSeconds);
  const output = await open(outputPath, 'w');
  try {
    const writer = new FrameWriter(output);
    await writer.write([tag]);
    for await (const piece of pieces(source, track.ranges)) {
      if (await writer.write(copy.push(piece)))
        request.onProgress({ percent: copy.percent, outTimeMs: copy.outTimeMs });
    }
    const { rest, infoFrame } = copy.end();
    await writer.write(rest);
    await writer.flush();
    await writeAll(output, infoFrame, tag.length);
  } finally {
    await output.close();
  }
}

/** All pieces may lie in memory already, and be of a byte each: others get their turn in between. */
async function* pieces(source: ByteSource, ranges: readonly number[]): AsyncGenerator<Buffer> {
  let read = 0;
  for (let index = 0; index + 1 < ranges.length; index += 2) {
    const start = ranges[index] ?? 0;
    const end = start + (ranges[index + 1] ?? 0);
    for (let at = start; at < end; at += PIECE_BYTES) {
      const wanted = Math.min(PIECE_BYTES, end - at);
      const piece = await source.bytes(at, wanted);
      if (++read % PIECES_AT_A_STRETCH === 0) await setImmediate();
      if (piece.length < wanted) throw new CopyNotPossibleError('the file ends within the track');
      // The source may use its buffer again.
      yield Buffer.from(piece);
    }
  }
}
