import {
  childElements,
  float,
  readElementHeader,
  readTrackNumber,
  signed,
  unsigned,
  type ElementHeader,
} from './ebml-element.js';
import * as ids from './ebml-ids.js';
import { readLacing, type Lacing } from './ebml-lacing.js';
import { TrackBlocks } from './ebml-track-blocks.js';
import { readTracks, type EbmlTrack } from './ebml-tracks.js';
import type { ByteSource } from '../file-window.js';
import { oversized } from '../structure-budget.js';
import { StructureReader } from '../structure-reader.js';
import type { OnTracks, SourceStructure, SourceTrack } from '../source-structure.js';

const LACING_FLAGS = 0x06;
/** The sizes of up to 256 frames. */
const LACED_HEAD_BYTES = 4096;
/** The bytes of an element that are loaded before it is visited: its header, that of a block, and its lacing. */
const LOOK_AHEAD_BYTES = LACED_HEAD_BYTES + 32;
const NO_LACING: Lacing = { frames: 1, headerBytes: 0 };
const MAX_TABLE_BYTES = 16 * 1024 * 1024;

class Damage extends Error {}

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Found extends ElementHeader, Range {
  readonly position: number;
}

/** Reads a Matroska or WebM file down to its blocks, and counts those of each track. */
export async function readEbmlStructure(
  file: ByteSource,
  onTracks: OnTracks = () => undefined,
  reader = new StructureReader(file),
): Promise<SourceStructure> {
  const walker = new EbmlWalker(reader, onTracks);
  try {
    const damage = await walker.walk();
    return { container: 'ebml', damage, tracks: walker.tracks };
  } catch (error) {
    return { container: 'ebml', tracks: walker.tracks, ...oversized(error) };
  }
}

/** Handles one element and returns the position to continue at; the position of the element itself to stop there. */
type Visit = (element: Found) => number | Promise<number>;

class EbmlWalker {
  private declared: readonly EbmlTrack[] = [];
  private blocks = new Map<number, TrackBlocks>();
  private tickNanoseconds = ids.DEFAULT_TICK_NANOSECONDS;
  private clusterTicks = 0;
  private statedMs: number | null = null;

  constructor(
    private readonly reader: StructureReader,
    private readonly onTracks: OnTracks,
  ) {}

  get tracks(): SourceTrack[] {
    return this.declared
      .filter(({ isStream }) => isStream)
      .flatMap((track) => this.blocks.get(track.number)?.sourceTrack(track, this.tickNanoseconds) ?? []);
  }

  async walk(): Promise<string | null> {
    try {
      await this.walkFile();
      return null;
    } catch (error) {
      if (error instanceof Damage || error instanceof RangeError) return error.message;
      throw error;
    }
  }

  private async walkFile(): Promise<void> {
    let hasSegment = false;
    const visit: Visit = async (element) => {
      if (element.id === ids.CLUSTER) throw new Damage(`cluster outside of the segment at byte ${element.position}`);
      if (element.id === ids.SEGMENT) {
        hasSegment = true;
        await this.walkSegment(element);
      } else if (element.id !== ids.EBML) {
        // Anything can follow the segment: ffmpeg does not read it.
        if (hasSegment) return element.position;
        throw new Damage(`unknown element at byte ${element.position}`);
      }
      return element.end;
    };
    await this.walkElements({ start: 0, end: this.reader.sizeBytes }, visit, () => hasSegment);
    if (!hasSegment) throw new Damage('no segment');
  }

  private async walkSegment(segment: Found): Promise<void> {
    await this.walkElements(segment, async (element) => {
      if (!ids.IN_SEGMENT.has(element.id))
        throw new Damage(`unknown element in the segment at byte ${element.position}`);
      if (element.id === ids.TRACKS) await this.readTracks(element);
      if (element.id === ids.INFO) await this.readInfo(element);
      return element.id === ids.CLUSTER ? this.walkCluster(element) : known(element).end;
    });
  }

  /** Returns the end of the cluster. A cluster of unknown size ends before the first element that it cannot contain. */
  private walkCluster(cluster: Found): Promise<number> {
    return this.walkElements(cluster, (element) => {
      if (!ids.IN_CLUSTER.has(element.id)) {
        if (cluster.sizeBytes === null && ids.IN_SEGMENT.has(element.id)) return element.position;
        throw new Damage(`unknown element in a cluster at byte ${element.position}`);
      }
      if (ids.CLUSTER_NUMBERS.has(element.id) && element.end - element.start > ids.LONGEST_NUMBER_BYTES) {
        throw new Damage(`too long a number at byte ${element.position}`);
      }
      if (element.id === ids.TIMESTAMP) this.clusterTicks = unsigned(this.number(element));
      if (element.id === ids.BLOCK_GROUP) return this.walkGroup(element);
      if (element.id === ids.SIMPLE_BLOCK) this.countBlock(element);
      return known(element).end;
    });
  }

  private async walkGroup(group: Found): Promise<number> {
    let blocks = 0;
    let track: TrackBlocks | undefined;
    let discardSeconds = 0;
    let ticks: number | null = null;
    await this.walkElements(group, (element) => {
      if (!ids.IN_GROUP.has(element.id))
        throw new Damage(`unknown element in a block group at byte ${element.position}`);
      if (element.id === ids.BLOCK) {
        track = this.countBlock(element);
        blocks++;
      }
      if (element.id === ids.DISCARD_PADDING) discardSeconds = signed(this.number(element)) / 1e9;
      if (element.id === ids.BLOCK_DURATION) ticks = unsigned(this.number(element));
      return known(element).end;
    });
    track?.discard(discardSeconds);
    if (ticks !== null) track?.setDuration(ticks);
    if (blocks !== 1) throw new Damage(`block group with ${blocks} blocks at byte ${group.position}`);
    return group.end;
  }

  private countBlock(block: Found): TrackBlocks {
    const { window } = this.reader;
    const offset = this.reader.offsetOf(block.start, LACED_HEAD_BYTES);
    const track = readTrackNumber(window, offset);
    const headerBytes = (track?.length ?? 0) + 3;
    if (track === null || block.start + headerBytes > block.end) throw new Damage(`no block at byte ${block.position}`);
    const blocks = this.blocks.get(track.value);
    if (blocks === undefined) throw new Damage(`block of an unknown track at byte ${block.position}`);
    const flags = window.readUInt8(offset + headerBytes - 1);
    const start = block.start + headerBytes;
    const isLaced = (flags & LACING_FLAGS) !== 0;
    const lacing = isLaced ? readLacing(this.head(start, block.end, LACED_HEAD_BYTES), flags) : NO_LACING;
    if (isLaced) this.reader.spendFrames(lacing.frames, lacing.headerBytes ?? LACED_HEAD_BYTES);
    const ticks = this.clusterTicks + window.readInt16BE(offset + track.length);
    blocks.add({ ticks, start, end: block.end }, lacing);
    return blocks;
  }

  private async readTracks(element: Found): Promise<void> {
    if (this.declared.length > 0) return;
    this.declared = await this.reader.run(readTracks(await this.table(element)));
    this.blocks = TrackBlocks.ofTracks(this.declared);
    const hasMp3 = [...this.blocks.values()].some(({ isMp3 }) => isMp3);
    this.onTracks({ hasMp3, statedMs: this.statedMs });
  }

  private async readInfo(element: Found): Promise<void> {
    const fields = childElements(await this.table(element));
    const valueOf = (id: number, read: (payload: Buffer) => number): number => {
      const field = fields.find((candidate) => candidate.id === id);
      return field === undefined ? 0 : read(field.payload);
    };
    this.tickNanoseconds = valueOf(ids.TIMESTAMP_SCALE, unsigned) || ids.DEFAULT_TICK_NANOSECONDS;
    const ticks = valueOf(ids.DURATION, float);
    this.statedMs = ticks > 0 ? (ticks * this.tickNanoseconds) / 1e6 : null;
  }

  private table({ start, end }: Found): Promise<Buffer> {
    if (end - start > MAX_TABLE_BYTES) throw new Damage(`too large a list at byte ${start}`);
    return this.reader.table(start, end - start);
  }

  /**
   * Visits the elements in a range, and returns the position at which it stopped.
   * @param isOver returns true if anything can follow
   */
  private async walkElements(range: Range, visit: Visit, isOver = (): boolean => false): Promise<number> {
    const { reader } = this;
    let position = range.start;
    while (position < range.end) {
      if (reader.offsetOf(position, LOOK_AHEAD_BYTES) < 0) await reader.load(position);
      const element = this.find(position, range.end);
      if (typeof element === 'string') {
        if (isOver()) break;
        throw new Damage(element);
      }
      if (reader.spendElement()) await reader.giveWay();
      if (element.id === ids.VOID || element.id === ids.CHECKSUM) {
        const isEmpty = element.sizeBytes === 0;
        position = isEmpty ? await reader.endOfRepeats(position, range.end, element.headerBytes) : known(element).end;
        continue;
      }
      const next = visit(element);
      const end = typeof next === 'number' ? next : await next;
      if (end === position) break;
      position = end;
    }
    return position;
  }

  /** Reads an element's header, or returns the reason why there is none. */
  private find(position: number, end: number): Found | string {
    const header = readElementHeader(this.reader.window, this.reader.offsetOf(position, LOOK_AHEAD_BYTES));
    if (header === null) return `no element begins at byte ${position}`;
    const { id, headerBytes, sizeBytes } = header;
    const start = position + headerBytes;
    const elementEnd = start + (sizeBytes ?? end - start);
    if (elementEnd > end) return `element at byte ${position} runs past the end`;
    return { id, headerBytes, sizeBytes, position, start, end: elementEnd };
  }

  private number({ start, end }: Found): Buffer {
    return this.head(start, end, ids.LONGEST_NUMBER_BYTES);
  }

  /** Returns the first bytes of a range near the element that is visited. */
  private head(start: number, end: number, length: number): Buffer {
    const offset = this.reader.offsetOf(start, length);
    return this.reader.window.subarray(offset, offset + Math.min(length, end - start));
  }
}

function known(element: Found): Found {
  if (element.sizeBytes === null) throw new Damage(`element of unknown size at byte ${element.position}`);
  return element;
}
