import type { Mp3Header } from './mp3-header.js';
import { audioBits, mainDataBegin } from './mp3-reservoir.js';

export interface Mp3Frame {
  readonly bytes: Buffer;
  readonly header: Mp3Header;
}

/**
 * Returns true if two runs of frames have the same audio from the given frame on: header, side information and main
 * data, whose place must be the same too. Bytes that no decoder reads can differ. The frames before it must hold the
 * main data that the others refer to; without it, frames count as different.
 */
export function haveSameAudio(a: readonly Mp3Frame[], b: readonly Mp3Frame[], from: number): boolean {
  if (a.length !== b.length || a.length <= from) return false;
  const [contentsOfA, contentsOfB] = [contents(a), contents(b)];
  return contentsOfA.every((content, index) => {
    const other = contentsOfB[index];
    return index < from || (content !== null && other !== undefined && other !== null && content.equals(other));
  });
}

/** Returns the bytes that a decoder reads for each frame; null if its main data begins before the first frame. */
function contents(frames: readonly Mp3Frame[]): (Buffer | null)[] {
  const stored = Buffer.concat(frames.map(({ bytes, header }) => bytes.subarray(header.dataOffset)));
  let position = 0;
  return frames.map(({ bytes, header }) => {
    const side = bytes.subarray(header.sideOffset, header.dataOffset);
    const start = position - mainDataBegin(side, header);
    position += bytes.length - header.dataOffset;
    const bits = audioBits(side, header);
    const end = start + Math.ceil(bits / 8);
    if (start < 0 || end > position) return null;
    return Buffer.concat([bytes.subarray(0, header.dataOffset), wholeBits(stored.subarray(start, end), bits)]);
  });
}

/** A copy without what follows the last bit in its byte. */
function wholeBits(bytes: Buffer, bits: number): Buffer {
  const copy = Buffer.from(bytes);
  const unused = copy.length * 8 - bits;
  if (unused > 0) copy.writeUInt8((copy.readUInt8(copy.length - 1) >>> unused) << unused, copy.length - 1);
  return copy;
}
