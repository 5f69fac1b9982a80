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
/** An info frame counts bytes in 32 bits, including its own and those of a frame of silence. */
const MAX_AUDIO_BYTES = 0xffffffff - 4096;

export interface CopyRequest {
  readonly source: ByteSource;
  readonly track: Mp3Track;
  /** The ID3 tag; can be empty. */
  readonly tag: Buffer;
  readonly outputPath: string;
  readonly maxDurationSeconds: number;
  onProgress(progress: TranscodeProgress): void;
}

/**
 * Writes the frames of an MP3 track as an MP3 file: a tag, a correct info frame, then all frames unchanged. Rejects
 * with `CopyNotPossibleError` if the track cannot be copied but may be convertible, and with a conversion failure if it is
 * too long.
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

/** Yields to the event loop now and then, because all pieces can be in memory already and can be a byte each. */
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
      // The source can reuse its buffer.
      yield Buffer.from(piece);
    }
  }
}
