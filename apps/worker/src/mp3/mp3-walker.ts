import { id3TagBytes } from './id3-header.js';
import { MP3_HEADER_BYTES, readMp3Header, type Mp3Header } from './mp3-header.js';

const MAX_FRAME_BYTES = 2881;
const FRAMES_AND_BYTES_FLAGS = 3;
/** The offset, from the start of the tag, of the samples to skip at both ends, which LAME writes. */
const DELAY_AND_PADDING_OFFSET = 141;

/** The facts about the other frames that the first frame of an MP3 states. */
export interface InfoFrame {
  readonly frames: number;
  /** The size of all frames, including this one. */
  readonly bytes: number;
  readonly delaySamples: number;
  readonly paddingSamples: number;
}

export interface Mp3Summary {
  readonly sizeBytes: number;
  readonly tagBytes: number;
  /** The number of frames, without the info frame. */
  readonly frames: number;
  readonly frameBytes: number;
  readonly infoFrame: InfoFrame | null;
  readonly sampleRate: number;
  /** The samples that players play, without those that the encoder added at both ends. */
  readonly samples: number;
  /** The first byte that belongs to no frame, if any. */
  readonly strayAtByte: number | null;
}

/** Called for every frame, including the info frame, with a view of the bytes that were pushed. */
export type OnFrame = (frame: Buffer, header: Mp3Header, info: InfoFrame | null) => void;

/** Accounts for every byte of an MP3 that is pushed chunk by chunk. */
export class Mp3Walker {
  private rest: Buffer = Buffer.alloc(0);
  private position = 0;
  private skipBytes = 0;
  private tagBytes: number | null = null;
  private sizeBytes = 0;
  private frames = 0;
  private frameBytes = 0;
  private frameSamples = 0;
  private sampleRate = 0;
  private infoFrame: InfoFrame | null = null;
  /** The first byte found so far that belongs to no frame. */
  strayAtByte: number | null = null;

  constructor(private readonly onFrame: OnFrame = () => undefined) {}

  push(chunk: Buffer): void {
    this.sizeBytes += chunk.length;
    if (this.strayAtByte !== null) return;
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    this.walk(MAX_FRAME_BYTES);
  }

  end(): Mp3Summary {
    this.walk(0);
    if (this.strayAtByte === null && (this.rest.length > 0 || this.skipBytes > 0)) this.strayAtByte = this.position;
    const { delaySamples = 0, paddingSamples = 0 } = this.infoFrame ?? {};
    return {
      sizeBytes: this.sizeBytes,
      tagBytes: this.tagBytes ?? 0,
      frames: this.frames,
      frameBytes: this.frameBytes,
      infoFrame: this.infoFrame,
      sampleRate: this.sampleRate,
      samples: Math.max(0, this.frameSamples - delaySamples - paddingSamples),
      strayAtByte: this.strayAtByte,
    };
  }

  /** Consumes complete frames from the front, as long as at least `spare` bytes follow the start of each. */
  private walk(spare: number): void {
    let offset = this.skip(0);
    while (this.strayAtByte === null && this.rest.length - offset > Math.max(spare, MP3_HEADER_BYTES)) {
      offset = this.tagBytes === null ? this.takeTag(offset) : this.takeFrame(offset);
    }
    this.rest = this.rest.subarray(offset);
  }

  private takeTag(offset: number): number {
    this.tagBytes = id3TagBytes(this.rest, offset);
    this.skipBytes = this.tagBytes;
    return this.skip(offset);
  }

  private takeFrame(offset: number): number {
    const header = readMp3Header(this.rest, offset);
    if (header === null || offset + header.lengthBytes > this.rest.length || !this.fits(header)) {
      this.strayAtByte = this.position;
      return offset;
    }
    const info = this.frames === 0 && this.infoFrame === null ? readInfoFrame(this.rest, offset, header) : null;
    this.sampleRate = header.sampleRate;
    if (info === null) {
      this.frames++;
      this.frameBytes += header.lengthBytes;
      this.frameSamples += header.samples;
    } else {
      this.infoFrame = info;
    }
    this.position += header.lengthBytes;
    this.onFrame(this.rest.subarray(offset, offset + header.lengthBytes), header, info);
    return offset + header.lengthBytes;
  }

  private fits(header: Mp3Header): boolean {
    return this.sampleRate === 0 || this.sampleRate === header.sampleRate;
  }

  private skip(offset: number): number {
    const skipped = Math.min(this.skipBytes, this.rest.length - offset);
    this.skipBytes -= skipped;
    this.position += skipped;
    return offset + skipped;
  }
}

function readInfoFrame(bytes: Buffer, offset: number, header: Mp3Header): InfoFrame | null {
  const tag = offset + header.tagOffset;
  const end = offset + header.lengthBytes;
  if (tag + DELAY_AND_PADDING_OFFSET + 3 > end) return null;
  const name = bytes.toString('latin1', tag, tag + 4);
  if (name !== 'Xing' && name !== 'Info') return null;
  if ((bytes.readUInt32BE(tag + 4) & FRAMES_AND_BYTES_FLAGS) !== FRAMES_AND_BYTES_FLAGS) return null;
  const delayAndPadding = bytes.readUIntBE(tag + DELAY_AND_PADDING_OFFSET, 3);
  return {
    frames: bytes.readUInt32BE(tag + 8),
    bytes: bytes.readUInt32BE(tag + 12),
    delaySamples: delayAndPadding >>> 12,
    paddingSamples: delayAndPadding & 0xfff,
  };
}
