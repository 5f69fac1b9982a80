import { EventLoopShare, type Interruptible } from './event-loop-share.js';
import type { ByteSource } from './file-window.js';
import { StructureBudget } from './structure-budget.js';

const WINDOW_BYTES = 64 * 1024;
/** The clock is read once in so many elements. */
const ELEMENTS_PER_CLOCK_READING = 256;

/** Reads headers and tables of one file within a budget, without waiting for what is at hand. */
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

  /** Where in `window` the bytes at a position are, fewer only at the end of the file; -1 when they are not loaded. */
  offsetOf(position: number, length: number): number {
    const offset = position - this.start;
    const wanted = Math.min(length, this.file.sizeBytes - position);
    return offset < 0 || offset + wanted > this.window.length ? -1 : offset;
  }

  /** Loads the bytes at a position: they begin the window. */
  async load(position: number): Promise<void> {
    this.window = await this.file.bytes(position, WINDOW_BYTES);
    this.start = position;
  }

  /** Reads a whole table. */
  table(position: number, length: number): Promise<Buffer> {
    this.budget.spendTable(length);
    return this.file.bytes(position, length);
  }

  /** Counts one more box or element; true when it is time to `giveWay`. */
  spendElement(): boolean {
    this.budget.spendElements(1);
    return ++this.steps % ELEMENTS_PER_CLOCK_READING === 0 && this.share.isUsedUp();
  }

  giveWay(): Promise<void> {
    return this.share.giveWay();
  }

  run<T>(work: Interruptible<T>): Promise<T> {
    return this.share.run(work);
  }

  /** Returns where padding ends that begins at a position and repeats its first unit over and over. */
  async endOfRepeats(position: number, end: number, unitBytes: number): Promise<number> {
    for (let at = position; ;) {
      const rest = this.window.subarray(at - this.start, Math.min(this.window.length, end - this.start));
      const same = repeatedBytes(rest, unitBytes);
      const isAtEnd = rest.length - same >= unitBytes || at + rest.length >= Math.min(end, this.sizeBytes);
      if (isAtEnd) return at + same;
      if (this.share.isUsedUp()) await this.giveWay();
      // The last unit is loaded again: the next ones are compared with it.
      at += same - unitBytes;
      await this.load(at);
    }
  }
}

/** How many bytes from the start repeat the first unit, in whole units. */
function repeatedBytes(bytes: Buffer, unitBytes: number): number {
  let same = bytes.length;
  if (!bytes.subarray(unitBytes).equals(bytes.subarray(0, same - unitBytes))) {
    for (same = unitBytes; bytes[same] === bytes[same - unitBytes];) same++;
  }
  return same - (same % unitBytes);
}
