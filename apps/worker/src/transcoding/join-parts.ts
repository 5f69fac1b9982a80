import { open, rm } from 'node:fs/promises';
import type { OutputCounts } from '../ffmpeg/log-facts.js';
import { chunksOf } from '../mp3/mp3-file.js';
import { Mp3Join, PartsDisagreeError, type JoinedPart } from '../mp3/mp3-join.js';
import { FrameWriter } from './frame-writer.js';
import { encodingFault } from './mp3-faults.js';
import { writeAll } from './write-all.js';

export interface EncodedPart {
  readonly part: JoinedPart;
  readonly path: string;
  /** The counts that its encoder reported. */
  readonly output: OutputCounts;
}

export interface JoinRequest {
  readonly parts: readonly EncodedPart[];
  /** The ID3 tag; can be empty. */
  readonly tag: Buffer;
  readonly outputPath: string;
  readonly signal: AbortSignal;
}

/**
 * Writes the frames of the parts as one MP3, and deletes each part that is written. Returns how many frames and bytes
 * follow the info frame. Rejects with a `PartsDisagreeError` if the parts do not fit together.
 */
export async function joinParts(request: JoinRequest): Promise<{ frames: number; frameBytes: number }> {
  const { parts, tag, outputPath, signal } = request;
  const join = new Mp3Join();
  const output = await open(outputPath, 'w');
  try {
    const writer = new FrameWriter(output);
    await writer.write([tag]);
    for (const { part, path, output: counts } of parts) {
      join.begin(part);
      for await (const chunk of chunksOf(path, signal)) await writer.write(join.push(chunk));
      const { frames, summary } = join.endPart();
      const fault = encodingFault(counts, summary);
      if (fault !== null) throw new PartsDisagreeError(fault);
      await writer.write(frames);
      await rm(path);
    }
    await writer.flush();
    const { infoFrame, ...written } = join.end();
    await writeAll(output, infoFrame, tag.length);
    return written;
  } finally {
    await output.close();
  }
}
