import { readElementHeader, readTrackNumber, signed, type ElementHeader } from './ebml-element.js';
import { readLacing } from './ebml-lacing.js';
import { EbmlMp3 } from './ebml-mp3.js';
import { readTracks, type EbmlTrack } from './ebml-tracks.js';
import type { ByteSource } from '../file-window.js';
import { MAX_MP3_RANGES, type OnTracks, type SourceStructure, type SourceTrack } from '../source-structure.js';

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const CLUSTER = 0x1f43b675;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const SIMPLE_BLOCK = 0xa3;
const FILLERS = [0xec, 0xbf];
const SEGMENT_LISTS = [0x114d9b74, 0x1549a966, 0x1c53bb6b, 0x1941a469, 0x1043a770, 0x1254c367];
const IN_SEGMENT = new Set([CLUSTER, TRACKS, ...SEGMENT_LISTS, ...FILLERS]);
/** Time, position, size of the previous cluster: plain numbers. What is longer was a block once. */
const CLUSTER_NUMBERS = [0xe7, 0xa7, 0xab];
const LONGEST_NUMBER_BYTES = 8;
const IN_CLUSTER = new Set([SIMPLE_BLOCK, BLOCK_GROUP, 0x5854, ...CLUSTER_NUMBERS, ...FILLERS]);
const IN_GROUP = new Set([BLOCK, 0xa2, 0x75a1, 0x9b, 0xfa, 0xfb, 0xfd, 0xa4, 0x75a2, 0x8e, 0xc8, ...FILLERS]);
const DISCARD_PADDING = 0x75a2;
const LACING_FLAGS = 0x06;
const HEAD_BYTES = 32;
/** The sizes of up to 256 frames. */
const LACED_HEAD_BYTES = 4096;
const MAX_TRACKS_BYTES = 16 * 1024 * 1024;
const MP3_CODEC = 'A_MPEG/L3';
/** ffmpeg cuts these anew, so that their packets are not the file's. */
const RECUT_CODECS = /^A_(MPEG\/L3|MLP|TRUEHD|REAL)/;

class Damage extends Error {}

interface Found extends ElementHeader {
  readonly position: number;
  readonly start: number;
  readonly end: number;
}

/** Walks a Matroska or WebM file down to its blocks, and counts those of each track. */
export async function readEbmlStructure(
  file: ByteSource,
  onTracks: OnTracks = () => undefined,
): Promise<SourceStructure> {
  const walker = new EbmlWalker(file, onTracks);
  const damage = await walker.walk();
  return { container: 'ebml', damage, tracks: walker.tracks };
}

class EbmlWalker {
  private declared: readonly EbmlTrack[] = [];
  private readonly numbers = new Set<number>();
  private readonly packets = new Map<number, number>();
  private readonly mp3 = new Map<number, EbmlMp3>();
  private readonly mp3Room = { ranges: MAX_MP3_RANGES };

  constructor(
    private readonly file: ByteSource,
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
    for (let position = 0; position < this.file.sizeBytes;) {
      const element = await this.element(position, this.file.sizeBytes, hasSegment);
      if (element === null) return;
      if (element.id === CLUSTER) throw new Damage(`cluster outside of the segment at byte ${position}`);
      if (element.id === SEGMENT) {
        hasSegment = true;
        await this.walkSegment(element);
      } else if (element.id !== EBML && !FILLERS.includes(element.id)) {
        // Behind the segment anything may follow; ffmpeg does not read on.
        if (hasSegment) return;
        throw new Damage(`unknown element at byte ${position}`);
      }
      position = element.end;
    }
    if (!hasSegment) throw new Damage('no segment');
  }

  private async walkSegment(segment: Found): Promise<void> {
    for (let position = segment.start; position < segment.end;) {
      const element = await this.element(position, segment.end);
      if (!IN_SEGMENT.has(element.id)) throw new Damage(`unknown element in the segment at byte ${position}`);
      if (element.id === TRACKS) await this.readTracks(element);
      position = element.id === CLUSTER ? await this.walkCluster(element) : known(element).end;
    }
  }

  /** Returns where the cluster ends: one of unknown size ends before what cannot be inside it. */
  private async walkCluster(cluster: Found): Promise<number> {
    for (let position = cluster.start; position < cluster.end;) {
      const element = await this.element(position, cluster.end);
      if (!IN_CLUSTER.has(element.id)) {
        if (cluster.sizeBytes === null && IN_SEGMENT.has(element.id)) return position;
        throw new Damage(`unknown element in a cluster at byte ${position}`);
      }
      if (CLUSTER_NUMBERS.includes(element.id) && element.end - element.start > LONGEST_NUMBER_BYTES) {
        throw new Damage(`too long a number at byte ${position}`);
      }
      if (element.id === SIMPLE_BLOCK) await this.countBlock(element);
      if (element.id === BLOCK_GROUP) await this.walkGroup(element);
      position = known(element).end;
    }
    return cluster.end;
  }

  private async walkGroup(group: Found): Promise<void> {
    let blocks = 0;
    let track = 0;
    let discardSeconds = 0;
    for (let position = group.start; position < group.end;) {
      const element = await this.element(position, group.end);
      if (!IN_GROUP.has(element.id)) throw new Damage(`unknown element in a block group at byte ${position}`);
      if (element.id === BLOCK) {
        track = await this.countBlock(element);
        blocks++;
      }
      if (element.id === DISCARD_PADDING) discardSeconds = await this.readSeconds(element);
      position = known(element).end;
    }
    if (discardSeconds !== 0) this.mp3.get(track)?.discard(discardSeconds);
    if (blocks !== 1) throw new Damage(`block group with ${blocks} blocks at byte ${group.position}`);
  }

  /** Returns the number of its track. */
  private async countBlock(block: Found): Promise<number> {
    const head = await this.file.bytes(block.start, Math.min(HEAD_BYTES, block.end - block.start));
    const track = readTrackNumber(head);
    if (track === null || head.length < track.length + 3) throw new Damage(`no block at byte ${block.position}`);
    if (!this.numbers.has(track.value)) {
      throw new Damage(`block of an unknown track at byte ${block.position}`);
    }
    const flags = head.readUInt8(track.length + 2);
    const start = block.start + track.length + 3;
    const isLaced = (flags & LACING_FLAGS) !== 0;
    const laced = isLaced ? await this.file.bytes(start, Math.min(LACED_HEAD_BYTES, block.end - start)) : head;
    const lacing = readLacing(laced, flags);
    this.packets.set(track.value, (this.packets.get(track.value) ?? 0) + lacing.frames);
    this.mp3.get(track.value)?.add(start, block.end, lacing);
    return track.value;
  }

  private async readSeconds(element: Found): Promise<number> {
    return (
      signed(await this.file.bytes(element.start, Math.min(LONGEST_NUMBER_BYTES, element.end - element.start))) / 1e9
    );
  }

  private async readTracks(element: Found): Promise<void> {
    if (element.end - element.start > MAX_TRACKS_BYTES) throw new Damage('too large a list of tracks');
    if (this.declared.length > 0) return;
    this.declared = await readTracks(await this.file.bytes(element.start, element.end - element.start));
    for (const { number, codec, isEncoded, delaySeconds } of this.declared) {
      this.numbers.add(number);
      if (codec === MP3_CODEC && !isEncoded) this.mp3.set(number, new EbmlMp3(delaySeconds, this.mp3Room));
    }
    this.onTracks(this.mp3.size > 0);
  }

  private async element(position: number, end: number): Promise<Found>;
  private async element(position: number, end: number, isOptional: boolean): Promise<Found | null>;
  private async element(position: number, end: number, isOptional = false): Promise<Found | null> {
    const header = readElementHeader(await this.file.bytes(position, Math.min(HEAD_BYTES, end - position)));
    if (header === null) {
      if (isOptional) return null;
      throw new Damage(`no element begins at byte ${position}`);
    }
    const start = position + header.headerBytes;
    const found = { ...header, position, start, end: start + (header.sizeBytes ?? end - start) };
    if (found.end <= end) return found;
    if (isOptional) return null;
    throw new Damage(`element at byte ${position} runs past the end`);
  }
}

function known(element: Found): Found {
  if (element.sizeBytes === null) throw new Damage(`element of unknown size at byte ${element.position}`);
  return element;
}
