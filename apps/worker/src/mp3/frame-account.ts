import { crc16 } from './crc16.js';
import { SeekPoints, type Gapless, type InfoFrameFields } from './info-frame.js';

/** Counts the frames that are written behind an info frame, for its fields. */
export class FrameAccount {
  private readonly seekPoints = new SeekPoints();
  private frameCount = 0;
  private audioCrc = 0;
  private bytes: number;

  /** @param infoFrameBytes the length of the info frame */
  constructor(infoFrameBytes: number) {
    this.bytes = infoFrameBytes;
  }

  get frames(): number {
    return this.frameCount;
  }

  /** Without the info frame. */
  add(frame: Buffer): void {
    this.seekPoints.add(this.bytes);
    this.bytes += frame.length;
    this.frameCount++;
    this.audioCrc = crc16(frame, this.audioCrc);
  }

  fields(edges: Gapless['edges'], isConstantBitrate: boolean): InfoFrameFields {
    const { frames, bytes, seekPoints, audioCrc } = this;
    return { frames, bytes, isConstantBitrate, seekPoints, edges, audioCrc };
  }
}
