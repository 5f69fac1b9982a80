import { crc16 } from './crc16.js';
import { MP3_HEADER_BYTES, readMp3Header, roomyHeader } from './mp3-header.js';

/** The samples that players skip at both ends, as the info frame states them. */
export interface Gapless {
  /** The number of silent frames to add in front, so that a delay shorter than the decoder's can be expressed. */
  readonly silentFrames: number;
  /** Null if players must play every frame completely. */
  readonly edges: { readonly delaySamples: number; readonly paddingSamples: number } | null;
}

const TOC_ENTRIES = 100;
const XING_BYTES = 4 + 4 + 4 + 4 + TOC_ENTRIES + 4;
const LAME_BYTES = 36;
/** Frame count, byte count, table of contents, quality. */
const ALL_FIELDS = 15;
const CONSTANT_BITRATE = 1;
const MAX_SEEK_POINTS = 8192;

/** Keeps the position of every n-th frame. n grows with the stream, so that the memory does not. */
export class SeekPoints {
  private points: number[] = [];
  private step = 1;
  private frames = 0;

  add(position: number): void {
    if (this.frames++ % this.step !== 0) return;
    this.points.push(position);
    if (this.points.length < MAX_SEEK_POINTS) return;
    this.points = this.points.filter((_, index) => index % 2 === 0);
    this.step *= 2;
  }

  /** Returns the position of each hundredth of the time, in 256ths of the bytes. */
  tableOf(totalBytes: number): Buffer {
    const entry = (_: unknown, percent: number): number => {
      const frame = Math.floor((percent * this.frames) / TOC_ENTRIES / this.step);
      return Math.min(255, Math.floor((256 * (this.points[frame] ?? 0)) / totalBytes));
    };
    return Buffer.from(Array.from({ length: TOC_ENTRIES }, entry));
  }
}

export interface InfoFrameFields {
  readonly frames: number;
  /** The size of all frames, including the info frame. */
  readonly bytes: number;
  readonly isConstantBitrate: boolean;
  readonly seekPoints: SeekPoints;
  readonly edges: Gapless['edges'];
  /** The checksum of all frames except the info frame. */
  readonly audioCrc: number;
}

/** Returns a silent frame that fits before the given one and is large enough for an info tag; null if there is none. */
export function silentFrame(first: Buffer): Buffer | null {
  const own = readMp3Header(first, 0);
  if (own === null) return null;
  const header = roomyHeader(first, own.tagOffset + XING_BYTES + LAME_BYTES);
  const length = header === null ? undefined : readMp3Header(header, 0)?.lengthBytes;
  return header === null || length === undefined ? null : Buffer.concat([header, Buffer.alloc(length - header.length)]);
}

/**
 * Writes the Xing/Info tag and LAME's extension (http://gabriel.mp3-tech.org/mp3infotag.html) into a silent frame, or
 * into an info frame, whose fields about the encoder it keeps.
 * If players have nothing to skip, it writes no extension: with zeros in it, players would skip the decoder's delay.
 */
export function writeInfoFrame(template: Buffer, fields: InfoFrameFields): Buffer {
  const frame = Buffer.from(template);
  const tag = readMp3Header(frame, 0)?.tagOffset ?? MP3_HEADER_BYTES;
  frame.write(fields.isConstantBitrate ? 'Info' : 'Xing', tag, 'latin1');
  frame.writeUInt32BE(ALL_FIELDS, tag + 4);
  frame.writeUInt32BE(fields.frames, tag + 8);
  frame.writeUInt32BE(fields.bytes, tag + 12);
  fields.seekPoints.tableOf(fields.bytes).copy(frame, tag + 16);
  if (fields.edges === null) return frame;
  const lame = tag + XING_BYTES;
  // Players check this name before they trust the fields after it.
  if (frame.readUInt8(lame) === 0) frame.write('LAME     ', lame, 'latin1');
  frame.writeUInt8(fields.isConstantBitrate ? CONSTANT_BITRATE : 0, lame + 9);
  frame.writeUIntBE((fields.edges.delaySamples << 12) | fields.edges.paddingSamples, lame + 21, 3);
  frame.writeUInt32BE(fields.bytes, lame + 28);
  frame.writeUInt16BE(fields.audioCrc, lame + 32);
  frame.writeUInt16BE(crc16(frame.subarray(0, lame + 34)), lame + 34);
  return frame;
}
