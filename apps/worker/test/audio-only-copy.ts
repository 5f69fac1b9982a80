import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FileRange, RemoteSource, SourceSpeed } from '../src/containers/sparse/remote-source.js';
import { neededChunks } from '../src/containers/sparse/select-audio.js';

/** A local file that is read like a remote one, and the parts of it that are needed. */
export class AudioOnlyCopy implements RemoteSource {
  /** The parts of the index that were read, and the chunks of audio. */
  readonly kept: FileRange[] = [];

  private constructor(private readonly bytes: Buffer) {}

  static async of(path: string): Promise<AudioOnlyCopy> {
    const copy = new AudioOnlyCopy(await readFile(path));
    const chunks = await neededChunks(copy, 0);
    for (let index = 0; index < chunks.count; index++) {
      copy.kept.push({ start: chunks.start(index), end: chunks.end(index) - 1 });
    }
    return copy;
  }

  get sizeBytes(): number {
    return this.bytes.length;
  }

  async read(position: number, length: number): Promise<Buffer> {
    // A box is found by a read of many bytes, but it needs no more than its header and the first few.
    const needed = length === 64 * 1024 ? 128 : length;
    this.kept.push({ start: position, end: Math.min(position + needed, this.sizeBytes) - 1 });
    return this.bytes.subarray(position, position + length);
  }

  async speed(): Promise<SourceSpeed> {
    return { roundTripMs: 0, bytesPerSecond: 1 };
  }

  /** The file with random bytes wherever nothing is needed. */
  withGarbage(): Buffer {
    const garbage = randomBytes(this.sizeBytes);
    for (const { start, end } of this.kept) this.bytes.copy(garbage, start, start, end + 1);
    return garbage;
  }

  holds(start: number, end: number): boolean {
    return this.kept.some((range) => range.start <= start && end <= range.end + 1);
  }
}
