import { setMaxListeners } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ByteRange, FetchedFile, RangeSelector, RemoteObject, StoreSpeed } from '../object-storage.js';
import { assertRanges, partsOf, withoutRanges } from './byte-ranges.js';
import { RangeSink } from './range-sink.js';
import type { RangedSource } from './ranged-source.js';

/** Parts of a full download: enough to hide the round trips. Each holds at most 600 KB of memory. */
const PARTS_IN_FLIGHT = 4;
/** Selected ranges are small, so their round trips dominate. */
const RANGES_IN_FLIGHT = 32;
/** A connection that breaks after at least this many bytes does not count as a failed attempt. */
const PROGRESS_BYTES = 256 * 1024;
/** A shorter download says little about the throughput. */
const MEASURED_BYTES = 32 * 1024 * 1024;

/** Downloads an object, or ranges of it, into a local file of the same size. */
export class RangedDownload implements RemoteObject {
  private readonly stopped = new AbortController();
  private readonly signal: AbortSignal;
  private readonly running = new Set<Promise<void>>();
  private readonly held: ByteRange[];
  private head: Promise<void> = Promise.resolve();
  private headMs = 1;
  private roundTripMs: number;
  private fetchedBytes = 0;
  private requests = 0;

  constructor(
    private readonly source: RangedSource,
    private readonly file: FileHandle,
    signal?: AbortSignal,
  ) {
    this.roundTripMs = source.roundTripMs;
    this.held = [source.head];
    this.signal = AbortSignal.any([this.stopped.signal, ...(signal === undefined ? [] : [signal])]);
    // Each request in flight listens.
    setMaxListeners(0, this.signal);
  }

  get sizeBytes(): number {
    return this.source.sizeBytes;
  }

  /** Rejects only after nothing is written any more. */
  async run(select?: RangeSelector): Promise<FetchedFile> {
    try {
      await this.file.truncate(this.sizeBytes);
      this.head = this.saveHead();
      this.head.catch(() => undefined);
      const selected = select === undefined ? null : await select(this);
      await (selected === null ? this.saveRest() : this.saveSelected(selected));
      const { sizeBytes, fetchedBytes, requests } = this;
      return { sizeBytes, fetchedBytes, requests, isSparse: selected !== null };
    } catch (error) {
      this.stopped.abort(error);
      await Promise.allSettled(this.running);
      throw error;
    }
  }

  async read(position: number, length: number): Promise<Buffer> {
    const range = { start: position, end: Math.min(position + length, this.sizeBytes) - 1 };
    if (range.end <= this.source.head.end) await this.head;
    else {
      await this.save([range], PARTS_IN_FLIGHT);
      this.held.push(range);
    }
    return this.readBack(range);
  }

  async speed(): Promise<StoreSpeed> {
    await this.head;
    const measured = ((this.source.head.end + 1) * 1000) / this.headMs;
    return { roundTripMs: this.roundTripMs, bytesPerSecond: this.source.bytesPerSecond ?? measured };
  }

  private async saveHead(): Promise<void> {
    const startedAt = performance.now();
    await this.save([this.source.head], 1);
    this.headMs = Math.max(1, performance.now() - startedAt);
  }

  private async saveRest(): Promise<void> {
    const [startedAt, before] = [performance.now(), this.fetchedBytes];
    const everything = { start: 0, end: this.sizeBytes - 1 };
    await Promise.all([this.head, this.save(withoutRanges(everything, this.held), PARTS_IN_FLIGHT)]);
    const bytes = this.fetchedBytes - before;
    if (bytes >= MEASURED_BYTES) this.source.onMeasured((bytes * 1000) / (performance.now() - startedAt));
  }

  private async saveSelected(ranges: readonly ByteRange[]): Promise<void> {
    assertRanges(ranges, this.sizeBytes);
    const missing = ranges.flatMap((range) => withoutRanges(range, this.held));
    await Promise.all([this.head, this.save(missing, RANGES_IN_FLIGHT)]);
  }

  private async save(ranges: readonly ByteRange[], inFlight: number): Promise<void> {
    // Shared: each range is taken once, and after a failure none is.
    const parts = partsOf(ranges);
    const saveNext = async (): Promise<void> => {
      for (const part of parts) await this.track(this.savePart(part));
    };
    await Promise.all(Array.from({ length: inFlight }, saveNext));
  }

  private async track(work: Promise<void>): Promise<void> {
    this.running.add(work);
    await work.finally(() => this.running.delete(work));
  }

  private async savePart({ start, end }: ByteRange): Promise<void> {
    for (let position = start; position <= end;) {
      const resume = async (): Promise<void> => void (position += await this.transfer({ start: position, end }));
      await this.source.retry(resume, this.signal);
    }
  }

  /** Returns how many bytes arrived, which can be fewer if the connection broke. */
  private async transfer(range: ByteRange): Promise<number> {
    const sink = new RangeSink(this.file, range.start);
    const startedAt = performance.now();
    this.requests += 1;
    try {
      const body = await this.source.open(range, this.signal);
      if (range.start > 0) this.roundTripMs = Math.min(this.roundTripMs, performance.now() - startedAt);
      await pipeline(body, sink, { signal: this.signal });
    } catch (error) {
      if (sink.failure !== null) this.stopped.abort(sink.failure);
      this.signal.throwIfAborted();
      if (sink.writtenBytes < PROGRESS_BYTES) throw error;
    } finally {
      this.fetchedBytes += sink.writtenBytes;
    }
    return sink.writtenBytes;
  }

  private async readBack({ start, end }: ByteRange): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.max(0, end - start + 1));
    for (let filled = 0; filled < buffer.length;) {
      const { bytesRead } = await this.file.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) throw new Error('The local file is shorter than what was written to it');
      filled += bytesRead;
    }
    return buffer;
  }
}
