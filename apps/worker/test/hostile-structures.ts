import type { ByteSource } from '../src/containers/file-window.js';

export const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
  return bytes;
};

/** An MP4 box. */
export function box(type: string, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(type, 'latin1'), body]);
}

/** A Matroska element. */
export function ebml(id: string, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  return Buffer.concat([Buffer.from(id, 'hex'), uint32(0x01000000, body.length), body]);
}

/** A Matroska file of one audio track, with these elements after its list of tracks. */
export function matroska(...elements: Buffer[]): Buffer {
  const codec = ebml('86', Buffer.from('A_OPUS'));
  const track = ebml('ae', ebml('d7', Buffer.of(1)), ebml('83', Buffer.of(2)), codec);
  const header = ebml('1a45dfa3', ebml('4282', Buffer.from('matroska')));
  return Buffer.concat([header, ebml('18538067', ebml('1654ae6b', track), ...elements)]);
}

export interface MovieTables {
  readonly handler: string;
  readonly stts: Buffer;
  readonly stsc: Buffer;
  readonly stsz: Buffer;
  readonly stco: Buffer;
}

/** A movie box of one track with these tables; without samples by default. */
export function aMovie(overrides: Partial<MovieTables> = {}): Buffer {
  const tables = {
    handler: 'soun',
    stts: box('stts', uint32(0, 0)),
    stsc: box('stsc', uint32(0, 0)),
    stsz: box('stsz', uint32(0, 0, 0)),
    stco: box('stco', uint32(0, 0)),
    ...overrides,
  };
  const descriptions = box('stsd', uint32(0, 1), box('mp4a', Buffer.alloc(20)));
  const sampleTable = box('stbl', descriptions, tables.stts, tables.stsc, tables.stsz, tables.stco);
  const handler = box('hdlr', uint32(0, 0), Buffer.from(tables.handler), Buffer.alloc(12));
  return box(
    'moov',
    box('trak', box('tkhd', uint32(0, 0, 0, 1, 0, 0)), box('mdia', handler, box('minf', sampleTable))),
  );
}

export function inMemory(...parts: Buffer[]): ByteSource {
  const all = Buffer.concat(parts);
  return {
    sizeBytes: all.length,
    bytes: (position, length) => Promise.resolve(all.subarray(position, position + length)),
  };
}
