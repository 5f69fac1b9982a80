const SEGMENT = '18538067';
const CLUSTER = '1f43b675';
const SIMPLE_BLOCK = 'a3';
const TIMESTAMP = 'e7';
/** The ids of the segment information and the tracks. */
const KEPT = new Set(['1549a966', '1654ae6b']);
const UNKNOWN_SIZE = Buffer.from('01ffffffffffffff', 'hex');
const BLOCK_HEADER_BYTES = 4;
const KEY_FRAME = 0x80;

const LACING_FLAGS = { xiph: 2, fixed: 4, ebml: 6 };

export interface Lacing {
  readonly kind: keyof typeof LACING_FLAGS;
  readonly framesPerBlock: number;
  /** False for a live recording, in which the segment and the clusters have no size. */
  readonly hasSizes: boolean;
}

/** Packs several frames into each block of a Matroska file of ffmpeg with one track, like other programs do. */
export function lacedMatroska(file: Buffer, { kind, framesPerBlock, hasSizes }: Lacing): Buffer {
  const [header, segment] = elements(file);
  if (header === undefined || segment?.id !== SEGMENT) throw new Error('not a Matroska file of ffmpeg');
  const inside = elements(segment.payload);
  const kept = inside.filter(({ id }) => KEPT.has(id)).map(({ id, payload }) => element(id, payload));
  const clusters = inside.filter(({ id }) => id === CLUSTER).map(({ payload }) => elements(payload));
  const laced = clusters.map((parts) => {
    const time = parts.find(({ id }) => id === TIMESTAMP)?.payload ?? Buffer.alloc(1);
    const blocks = parts.filter(({ id }) => id === SIMPLE_BLOCK).map(({ payload }) => payload);
    const groups = Array.from({ length: Math.ceil(blocks.length / framesPerBlock) }, (_, index) =>
      blocks.slice(index * framesPerBlock, (index + 1) * framesPerBlock),
    );
    const written = groups.map((group) => element(SIMPLE_BLOCK, block(group, kind)));
    return element(CLUSTER, Buffer.concat([element(TIMESTAMP, time), ...written]), hasSizes);
  });
  const body = Buffer.concat([...kept, ...laced]);
  return Buffer.concat([element(header.id, header.payload), element(SEGMENT, body, hasSizes)]);
}

function block(blocks: readonly Buffer[], kind: Lacing['kind']): Buffer {
  const [first = Buffer.alloc(0), ...others] = blocks;
  if (others.length === 0) return first;
  const head = Buffer.from(first.subarray(0, BLOCK_HEADER_BYTES));
  head.writeUInt8(KEY_FRAME | LACING_FLAGS[kind], BLOCK_HEADER_BYTES - 1);
  const frames = blocks.map((bytes) => bytes.subarray(BLOCK_HEADER_BYTES));
  const lengths = frames.slice(0, -1).map(({ length }) => length);
  const sizes = { xiph: lengths.flatMap(xiphSize), fixed: [], ebml: lengths.flatMap(ebmlSize) }[kind];
  return Buffer.concat([head, Buffer.from([frames.length - 1, ...sizes]), ...frames]);
}

function xiphSize(length: number): number[] {
  return [...Array.from({ length: Math.floor(length / 255) }, () => 255), length % 255];
}

/** Encodes the first size as it is and the others as differences, in two bytes each. */
function ebmlSize(length: number, index: number, all: readonly number[]): number[] {
  const value = index === 0 ? length : length - (all[index - 1] ?? 0) + 0x1fff;
  return [0x40 | (value >> 8), value & 0xff];
}

interface Element {
  readonly id: string;
  readonly payload: Buffer;
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const idBytes = vintLength(bytes, at);
    const sizeBytes = vintLength(bytes, at + idBytes);
    const start = at + idBytes + sizeBytes;
    const size = Number(BigInt.asUintN(7 * sizeBytes, BigInt(`0x${bytes.toString('hex', at + idBytes, start)}`)));
    found.push({ id: bytes.toString('hex', at, at + idBytes), payload: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return found;
}

function vintLength(bytes: Buffer, at: number): number {
  return Math.clz32(bytes.readUInt8(at)) - 23;
}

function element(id: string, payload: Buffer, hasSize = true): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(0x10000000 + payload.length);
  return Buffer.concat([Buffer.from(id, 'hex'), hasSize ? size : UNKNOWN_SIZE, payload]);
}
