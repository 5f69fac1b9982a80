import { EventLoopShare, type Interruptible } from './event-loop-share.js';
import type { ByteSource } from './file-window.js';
import { StructureBudget } from './structure-budget.js';

const WINDOW_BYTES = 64 * 1024;
/** The clock is read once for this number of elements, or of bytes that are read one by one. */
const ELEMENTS_PER_CLOCK_READING = 256;
const BYTES_PER_CLOCK_READING = 8192;

/** Reads headers and tables of one file within a budget, and without waiting for bytes that are already loaded. */
export class StructureReader {
  window: Buffer = Buffer.alloc(0);
  private start = 0;
  private steps = 0;
  private readonly share = new EventLoopShare();

  constructor(
    private readonly file: ByteSource,
    readonly budget = new StructureBudget(file.sizeBytes),
  ) {}

  get sizeBytes(): number {
    return this.file.sizeBytes;
  }

  /** Returns the offset in `window` of the bytes at a position, fewer only at the end of the file; -1 if they are not loaded. */
  offsetOf(position: number, length: number): number {
    const offset = position - this.start;
    const wanted = Math.min(length, this.file.sizeBytes - position);
    return offset < 0 || offset + wanted > this.window.length ? -1 : offset;
  }

  /** Loads a window that starts at a position. */
  async load(position: number): Promise<void> {
    this.window = await this.file.bytes(position, WINDOW_BYTES);
    this.start = position;
  }

  /** Reads a whole table, after others had a turn if reading the previous ones took long. */
  async table(position: number, length: number): Promise<Buffer> {
    this.budget.spendTable(length);
    if (this.share.isUsedUp()) await this.giveWay();
    return this.file.bytes(position, length);
  }

  /** Counts one more box or element. Returns true if it is time to `giveWay`. */
  spendElement(): boolean {
    this.budget.spendElements(1);
    this.steps += 1 / ELEMENTS_PER_CLOCK_READING;
    if (this.steps < 1) return false;
    this.steps = 0;
    return this.share.isUsedUp();
  }

  /** Counts the frames of a block, whose sizes were read byte by byte. */
  spendFrames(count: number, bytesRead: number): void {
    this.budget.spendElements(count);
    this.steps += bytesRead / BYTES_PER_CLOCK_READING;
  }

  giveWay(): Promise<void> {
    return this.share.giveWay();
  }

  run<T>(work: Interruptible<T>): Promise<T> {
    return this.share.run(work);
  }

  /** Returns the end of the padding that starts at a position and repeats its first unit. */
  async endOfRepeats(position: number, end: number, unitBytes: number): Promise<number> {
    for (let at = position; ;) {
      const rest = this.window.subarray(at - this.start, Math.min(this.window.length, end - this.start));
      const same = repeatedBytes(rest, unitBytes);
      const isAtEnd = rest.length - same >= unitBytes || at + rest.length >= Math.min(end, this.sizeBytes);
      if (isAtEnd) return at + same;
      if (this.share.isUsedUp()) await this.giveWay();
      // Loads the last unit again, to compare the next ones with it.
      at += same - unitBytes;
      await this.load(at);
    }
  }
}

/** Returns the number of bytes from the start that repeat the first unit, in whole units. */
function repeatedBytes(bytes: Buffer, unitBytes: number): number {
  let same = bytes.length;
  if (!bytes.subarray(unitBytes).equals(bytes.subarray(0, same - unitBytes))) {
    for (same = unitBytes; bytes[same] === bytes[same - unitBytes];) same++;
  }
  return same - (same % unitBytes);
}
