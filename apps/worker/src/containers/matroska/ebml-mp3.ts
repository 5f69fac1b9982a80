import type { Lacing } from './ebml-lacing.js';
import type { Mp3Track } from '../source-structure.js';

const MAX_DISCARDS = 8;

/** Collects the positions of the frames of one MP3 track, block by block. */
export class EbmlMp3 {
  private readonly ranges: number[] = [];
  private packets = 0;
  /** The discarded seconds of the last blocks. If other blocks discard anything, the track cannot be trimmed. */
  private readonly discards: number[] = [];
  private hasDiscard = false;
  private isPlain = true;
  private canTrim = true;

  /** @param room the number of ranges that can still be kept, for all tracks of the file */
  constructor(
    private readonly delaySeconds: number,
    private readonly room: { ranges: number },
  ) {}

  /** Adds a block; `start` and `end` enclose the bytes after its header. */
  add(start: number, end: number, { frames, headerBytes }: Lacing): void {
    // An MP3 file cannot express a gap in its middle.
    if (this.discards.length > 0 && !this.hasDiscard) this.canTrim = false;
    this.hasDiscard = false;
    this.packets += frames;
    if (headerBytes === null || start + headerBytes > end || this.room.ranges === 0) this.isPlain = false;
    if (headerBytes === null || !this.isPlain) return;
    this.room.ranges--;
    this.ranges.push(start + headerBytes, end - start - headerBytes);
  }

  /** Adds the discarded seconds of the latest block. */
  discard(seconds: number): void {
    this.hasDiscard = true;
    if (seconds < 0 || this.discards.length === MAX_DISCARDS) this.canTrim = false;
    else this.discards.push(seconds);
  }

  get track(): Mp3Track | undefined {
    if (!this.isPlain) return undefined;
    const { ranges, packets, discards, delaySeconds } = this;
    const canTrim = this.canTrim && (this.hasDiscard || discards.length === 0);
    const trim = canTrim ? { startSeconds: delaySeconds, endSeconds: null, discardSeconds: discards } : null;
    return { ranges, packets, trim };
  }
}
