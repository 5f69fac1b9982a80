import type { Mp3Header } from './mp3-header.js';

const GRANULE_BITS = { mpeg1: 59, mpeg2: 63 } as const;
const LENGTH_BITS = 12;

/**
 * Follows the bit reservoir from frame to frame. Each frame states how many bytes before it its audio starts, and how
 * many bits the audio takes. In a complete stream, every frame has bits of its own; in one that was cut, spliced or
 * damaged, some frame does not.
 */
export class Mp3Reservoir {
  /** The bytes of main data so far, and how many of them belong to earlier frames. */
  private stored = 0;
  private taken = 0;

  /** Returns true if all audio of the frame is present. */
  accepts(frame: Buffer, header: Mp3Header): boolean {
    const side = frame.subarray(header.sideOffset, header.dataOffset);
    const begin = this.stored - mainDataBegin(side, header);
    const end = begin + Math.ceil(audioBits(side, header) / 8);
    this.stored += frame.length - header.dataOffset;
    if (frame.length < header.dataOffset || begin < this.taken || end > this.stored) return false;
    this.taken = end;
    return true;
  }
}

/** Returns how many bytes of main data before the frame its own main data begins. */
export function mainDataBegin(side: Buffer, { isMpeg1 }: Mp3Header): number {
  return bitsAt(side, 0, isMpeg1 ? 9 : 8);
}

/** Returns the sum of all `part2_3_length` fields. */
export function audioBits(side: Buffer, { isMpeg1, isMono }: Mp3Header): number {
  const channels = isMono ? 1 : 2;
  // MPEG 1: main_data_begin, private bits, scale factor selection, two granules. MPEG 2: one granule, no selection.
  const first = isMpeg1 ? 9 + (isMono ? 5 : 3) + 4 * channels : 8 + (isMono ? 1 : 2);
  const step = GRANULE_BITS[isMpeg1 ? 'mpeg1' : 'mpeg2'];
  let sum = 0;
  for (let index = 0; index < (isMpeg1 ? 2 : 1) * channels; index++) {
    sum += bitsAt(side, first + index * step, LENGTH_BITS);
  }
  return sum;
}

/** Reads up to 16 bits, most significant first. */
function bitsAt(bytes: Buffer, bit: number, count: number): number {
  let value = 0;
  for (let index = bit >> 3; index <= (bit + count - 1) >> 3; index++) value = value * 256 + (bytes[index] ?? 0);
  const unused = 7 - ((bit + count - 1) & 7);
  return (value >>> unused) & (2 ** count - 1);
}
