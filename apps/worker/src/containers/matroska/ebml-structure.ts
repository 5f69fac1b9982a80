import { readElementHeader, readTrackNumber, signed, type ElementHeader } from './ebml-element.js';
import { readLacing, type Lacing } from './ebml-lacing.js';
import { EbmlMp3 } from './ebml-mp3.js';
import { readTracks, type EbmlTrack } from './ebml-tracks.js';
import type { ByteSource } from '../file-window.js';
import { oversized } from '../structure-budget.js';
import { StructureReader } from '../structure-reader.js';
import { MAX_MP3_RANGES, type OnTracks, type SourceStructure, type SourceTrack } from '../source-structure.js';

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const CLUSTER = 0x1f43b675;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const SIMPLE_BLOCK = 0xa3;
const VOID = 0xec;
const CHECKSUM = 0xbf;
const SEGMENT_LISTS = [0x114d9b74, 0x1549a966, 0x1c53bb6b, 0x1941a469, 0x1043a770, 0x1254c367];
const IN_SEGMENT = new Set([CLUSTER, TRACKS, ...SEGMENT_LISTS]);
/** Time, position, size of the previous cluster: plain numbers. What is longer was a block once. */
const CLUSTER_NUMBERS = new Set([0xe7, 0xa7, 0xab]);
const LONGEST_NUMBER_BYTES = 8;
const IN_CLUSTER = new Set([SIMPLE_BLOCK, BLOCK_GROUP, 0x5854, ...CLUSTER_NUMBERS]);
const IN_GROUP = new Set([BLOCK, 0xa2, 0x75a1, 0x9b, 0xfa, 0xfb, 0xfd, 0xa4, 0x75a2, 0x8e, 0xc8]);
const DISCARD_PADDING = 0x75a2;
const LACING_FLAGS = 0x06;
/** The sizes of up to 256 frames. */
const LACED_HEAD_BYTES = 4096;
/** What is loaded of an element before it is visited: its header, that of a block, and its lacing. */
const LOOK_AHEAD_BYTES = LACED_HEAD_BYTES + 32;
const NO_LACING: Lacing = { frames: 1, headerBytes: 0 };
const MAX_TRACKS_BYTES = 16 * 1024 * 1024;
const MP3_CODEC = 'A_MPEG/L3';
/** ffmpeg cuts these anew, so that their packets are not the file's. */
const RECUT_CODECS = /^A_(MPEG\/L3|MLP|TRUEHD|REAL)/;

class Damage extends Error {}

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Found extends ElementHeader, Range {
  readonly position: number;
}

/** Walks a Matroska or WebM file down to its blocks, and counts those of each track. */
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

/** Handles one element and returns where to go on: at the element itself to stop there. */
type Visit = (element: Found) => number | Promise<number>;

class EbmlWalker {
  private declared: readonly EbmlTrack[] = [];
  private readonly numbers = new Set<number>();
  private readonly packets = new Map<number, number>();
  private readonly mp3 = new Map<number, EbmlMp3>();
  private readonly mp3Room = { ranges: MAX_MP3_RANGES };

  constructor(
    private readonly reader: StructureReader,
    private readonly onTracks: OnTracks,
  ) {}

  get tracks(): SourceTrack[] {
    return this.declared
      .filter(({ isStream }) => isStream)
      .map(({ number, codec, isSound, isEncrypted }) => ({
        isSound,
        isEncrypted,
        packets: RECUT_CODECS.test(codec) ? null : (this.packets.get(number) ?? 0),
        damage: null,
        mp3: this.mp3.get(number)?.track,
      }));
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
      if (element.id === CLUSTER) throw new Damage(`cluster outside of the segment at byte ${element.position}`);
      if (element.id === SEGMENT) {
        hasSegment = true;
        await this.walkSegment(element);
      } else if (element.id !== EBML) {
        // Anything may follow the segment; ffmpeg does not read on.
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
      if (!IN_SEGMENT.has(element.id)) throw new Damage(`unknown element in the segment at byte ${element.position}`);
      if (element.id === TRACKS) await this.readTracks(element);
      return element.id === CLUSTER ? this.walkCluster(element) : known(element).end;
    });
  }

  /** Returns where the cluster ends: one of unknown size ends before what cannot be inside it. */
  private walkCluster(cluster: Found): Promise<number> {
    return this.walkElements(cluster, (element) => {
      if (!IN_CLUSTER.has(element.id)) {
        if (cluster.sizeBytes === null && IN_SEGMENT.has(element.id)) return element.position;
        throw new Damage(`unknown element in a cluster at byte ${element.position}`);
      }
      if (CLUSTER_NUMBERS.has(element.id) && element.end - element.start > LONGEST_NUMBER_BYTES) {
        throw new Damage(`too long a number at byte ${element.position}`);
      }
      if (element.id === BLOCK_GROUP) return this.walkGroup(element);
      if (element.id === SIMPLE_BLOCK) this.countBlock(element);
      return known(element).end;
    });
  }

  private async walkGroup(group: Found): Promise<number> {
    let blocks = 0;
    let track = 0;
    let discardSeconds = 0;
    await this.walkElements(group, (element) => {
      if (!IN_GROUP.has(element.id)) throw new Damage(`unknown element in a block group at byte ${element.position}`);
      if (element.id === BLOCK) {
        track = this.countBlock(element);
        blocks++;
      }
      if (element.id === DISCARD_PADDING) {
        discardSeconds = signed(this.head(element.start, element.end, LONGEST_NUMBER_BYTES)) / 1e9;
      }
      return known(element).end;
    });
    if (discardSeconds !== 0) this.mp3.get(track)?.discard(discardSeconds);
    if (blocks !== 1) throw new Damage(`block group with ${blocks} blocks at byte ${group.position}`);
    return group.end;
  }

  /** Returns the number of its track. */
  private countBlock(block: Found): number {
    const { window } = this.reader;
    const offset = this.reader.offsetOf(block.start, LACED_HEAD_BYTES);
    const track = readTrackNumber(window, offset);
    const headerBytes = (track?.length ?? 0) + 3;
    if (track === null || block.start + headerBytes > block.end) throw new Damage(`no block at byte ${block.position}`);
    if (!this.numbers.has(track.value)) {
      throw new Damage(`block of an unknown track at byte ${block.position}`);
    }
    const flags = window.readUInt8(offset + headerBytes - 1);
    const start = block.start + headerBytes;
    const isLaced = (flags & LACING_FLAGS) !== 0;
    const lacing = isLaced ? readLacing(this.head(start, block.end, LACED_HEAD_BYTES), flags) : NO_LACING;
    if (isLaced) this.reader.budget.spendElements(lacing.frames);
    this.packets.set(track.value, (this.packets.get(track.value) ?? 0) + lacing.frames);
    this.mp3.get(track.value)?.add(start, block.end, lacing);
    return track.value;
  }

  private async readTracks(element: Found): Promise<void> {
    if (element.end - element.start > MAX_TRACKS_BYTES) throw new Damage('too large a list of tracks');
    if (this.declared.length > 0) return;
    const payload = await this.reader.table(element.start, element.end - element.start);
    this.declared = await this.reader.run(readTracks(payload));
    for (const { number, codec, isEncoded, delaySeconds } of this.declared) {
      this.numbers.add(number);
      if (codec === MP3_CODEC && !isEncoded) this.mp3.set(number, new EbmlMp3(delaySeconds, this.mp3Room));
    }
    this.onTracks(this.mp3.size > 0);
  }

  /**
   * Visits the elements in a range, and returns where it stopped.
   * @param isOver whether what follows may be anything at all
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
      if (element.id === VOID || element.id === CHECKSUM) {
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

  /** Reads an element's header; or returns why there is none. */
  private find(position: number, end: number): Found | string {
    const header = readElementHeader(this.reader.window, this.reader.offsetOf(position, LOOK_AHEAD_BYTES));
    if (header === null) return `no element begins at byte ${position}`;
    const { id, headerBytes, sizeBytes } = header;
    const start = position + headerBytes;
    const elementEnd = start + (sizeBytes ?? end - start);
    if (elementEnd > end) return `element at byte ${position} runs past the end`;
    return { id, headerBytes, sizeBytes, position, start, end: elementEnd };
  }

  /** The first bytes of a range near the element that is visited. */
  private head(start: number, end: number, length: number): Buffer {
    const offset = this.reader.offsetOf(start, length);
    return this.reader.window.subarray(offset, offset + Math.min(length, end - start));
  }
}

function known(element: Found): Found {
  if (element.sizeBytes === null) throw new Damage(`element of unknown size at byte ${element.position}`);
  return element;
}
