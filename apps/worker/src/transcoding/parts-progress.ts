import type { JoinedPart } from '../mp3/mp3-join.js';
import { percentOf } from '../ffmpeg/progress-reader.js';
import type { TranscodeProgress } from './transcoder.js';

/** The progress of parts that are encoded at the same time, as one. */
export class PartsProgress {
  private readonly doneMs: number[];

  /** @param frameMs how long one frame plays */
  constructor(
    private readonly parts: readonly JoinedPart[],
    private readonly frameMs: number,
    private readonly durationMs: number,
  ) {
    this.doneMs = parts.map(() => 0);
  }

  /** @param outTimeMs the length that the part has encoded, including its lead-in */
  update(index: number, outTimeMs: number): TranscodeProgress {
    const part = this.parts[index];
    if (part !== undefined) {
      const own = outTimeMs - (part.start - part.encodedFrom) * this.frameMs;
      const length = (part.end ?? Infinity) * this.frameMs - part.start * this.frameMs;
      this.doneMs[index] = Math.min(Math.max(0, own), length);
    }
    const totalMs = this.doneMs.reduce((sum, ms) => sum + ms, 0);
    return { percent: percentOf(totalMs, this.durationMs), outTimeMs: Math.floor(totalMs) };
  }
}
