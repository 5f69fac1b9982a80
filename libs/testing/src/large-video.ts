import { open, readFile, type FileHandle } from 'node:fs/promises';
import { boxes, boxesAt, trackPackets, type MediaPacket, type Part } from './media-packets.js';
import { makeClip } from './media.js';

export interface LargeVideo {
  readonly seconds: number;
  readonly sizeBytes: number;
  /** The length of a chunk of one track. Phones and cameras use 0.5–1 s. */
  readonly chunkSeconds: number;
}

interface Track {
  readonly packets: readonly MediaPacket[];
  /** The length of each packet in the new file; a longer one is filled up. */
  readonly length: (packet: MediaPacket) => number;
  readonly offsets: number[];
  readonly perChunk: number;
}

const PARENTS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);
/** The header of a media data box with a size of 64 bits. */
const HEADER_BYTES = 16;
/** A NAL unit of padding. */
const FILLER_TYPE = 12;

/** Writes an MP4 with real audio whose frames of video are as long as those of a film; they are holes for the most part. */
export async function writeLargeVideo(path: string, { seconds, sizeBytes, chunkSeconds }: LargeVideo): Promise<void> {
  const clip = await readFile(await makeClip({ seconds, sampleRate: 48_000 }));
  const chunkCount = Math.ceil(seconds / chunkSeconds);
  const sound = trackPackets(clip, 'soun');
  const pictures = trackPackets(clip, 'vide');
  const soundBytes = sound.reduce((sum, { length }) => sum + length, 0);
  const pictureBytes = Math.floor((sizeBytes - soundBytes) / pictures.length);
  const per = (packets: readonly MediaPacket[]): number => Math.ceil(packets.length / chunkCount);
  const audio: Track = { packets: sound, length: ({ length }) => length, offsets: [], perChunk: per(sound) };
  const video: Track = { packets: pictures, length: () => pictureBytes, offsets: [], perChunk: per(pictures) };
  const [ftyp] = boxesAt(clip, 'ftyp');
  const [moov] = boxesAt(clip, 'moov');
  if (ftyp === undefined || moov === undefined) throw new Error('The clip has no index');
  const file = await open(path, 'w');
  try {
    await file.write(clip, ftyp.at, ftyp.end - ftyp.at, 0);
    const start = ftyp.end - ftyp.at;
    let position = start + HEADER_BYTES;
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      position = await writeChunk(file, clip, { track: video, chunk, position });
      position = await writeChunk(file, clip, { track: audio, chunk, position });
    }
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(1);
    header.write('mdat', 4, 'latin1');
    header.writeBigUInt64BE(BigInt(position - start), 8);
    await file.write(header, 0, HEADER_BYTES, start);
    const index = withTables(clip, moov, { soun: audio, vide: video });
    await file.write(index, 0, index.length, position);
  } finally {
    await file.close();
  }
}

interface ChunkPlace {
  readonly track: Track;
  readonly chunk: number;
  readonly position: number;
}

/** Returns where the chunk ends. */
async function writeChunk(file: FileHandle, clip: Buffer, { track, chunk, position }: ChunkPlace): Promise<number> {
  const packets = track.packets.slice(chunk * track.perChunk, (chunk + 1) * track.perChunk);
  if (packets.length > 0) track.offsets.push(position);
  let at = position;
  for (const packet of packets) {
    await file.write(clip, packet.start, packet.length, at);
    const fill = track.length(packet) - packet.length;
    if (fill > 5) {
      const filler = Buffer.from([0, 0, 0, 0, FILLER_TYPE]);
      filler.writeUInt32BE(fill - 4);
      await file.write(filler, 0, filler.length, at + packet.length);
    }
    at += track.length(packet);
  }
  return at;
}

function withTables(clip: Buffer, part: Part, tracks: Record<string, Track>, track?: Track): Buffer {
  if (!PARENTS.has(part.name)) return (track && tableOf(part.name, track)) ?? clip.subarray(part.at, part.end);
  const [handler] = part.name === 'trak' ? boxesAt(clip, 'mdia/hdlr', part.start, part.end) : [];
  const own = handler === undefined ? track : tracks[clip.toString('latin1', handler.start + 8, handler.start + 12)];
  const children = boxes(clip, part.start, part.end).map((child) => withTables(clip, child, tracks, own));
  return box(part.name, ...children);
}

function tableOf(name: string, { packets, length, offsets, perChunk }: Track): Buffer | undefined {
  if (name === 'stsz') return box(name, uint32(0, 0, packets.length, ...packets.map(length)));
  if (name === 'stco') return box(name, uint32(0, offsets.length, ...offsets));
  if (name !== 'stsc') return undefined;
  const rest = packets.length - perChunk * (offsets.length - 1);
  const runs = rest === perChunk ? [1, perChunk, 1] : [1, perChunk, 1, offsets.length, rest, 1];
  return box(name, uint32(0, runs.length / 3, ...runs));
}

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

function box(name: string, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(name, 'latin1'), body]);
}
