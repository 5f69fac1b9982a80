/** A packet inside the bytes of a file. Its methods change the bytes in place. */
export interface MediaPacket {
  readonly start: number;
  readonly length: number;
  /** Makes the container list the packet with fewer bytes. Null if it lists no sizes. */
  readonly shorten: ((bytes: number) => void) | null;
}

/** A box of an MP4 or an element of a Matroska file. */
export interface Part {
  readonly name: string;
  /** The position of its header. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** Finds the packets of the first audio track of an MP4, MOV or Matroska file of ffmpeg (no lacing, known sizes). */
export function audioPackets(bytes: Buffer): MediaPacket[] {
  return bytes.readUInt32BE(0) === 0x1a45dfa3 ? matroskaPackets(bytes) : trackPackets(bytes, 'soun');
}

/** Finds the fragments of an MP4: each `moof` with the `mdat` after it. */
export function fragments(bytes: Buffer): { start: number; end: number }[] {
  const top = boxes(bytes, 0, bytes.length);
  return top.flatMap(({ name, at }, index) => (name === 'moof' ? [{ start: at, end: top[index + 1]?.end ?? at }] : []));
}

/** Finds the packets of the first track of an MP4 or MOV file with a handler such as `vide`. */
export function trackPackets(bytes: Buffer, handler: string): MediaPacket[] {
  const track = boxesAt(bytes, 'moov/trak').find(({ start, end }) =>
    boxesAt(bytes, 'mdia/hdlr', start, end).some(
      (box) => bytes.toString('latin1', box.start + 8, box.start + 12) === handler,
    ),
  );
  if (track === undefined) return [];
  const [header] = boxesAt(bytes, 'tkhd', track.start, track.end);
  const id = bytes.readUInt32BE((header?.start ?? 0) + 12);
  const table = boxesAt(bytes, 'mdia/minf/stbl', track.start, track.end)[0];
  if (table === undefined) return [];
  return [...tablePackets(bytes, table), ...boxesAt(bytes, 'moof').flatMap((moof) => fragmentPackets(bytes, moof, id))];
}

function tablePackets(bytes: Buffer, table: Part): MediaPacket[] {
  const [sizes, chunks, runs] = ['stsz', 'stco', 'stsc'].map(
    (name) => boxesAt(bytes, name, table.start, table.end)[0]?.start ?? 0,
  ) as [number, number, number];
  const fixed = bytes.readUInt32BE(sizes + 4);
  const packets: MediaPacket[] = [];
  for (let chunk = 0, run = 0; chunk < bytes.readUInt32BE(chunks + 4); chunk++) {
    const next = runs + 8 + 12 * (run + 1);
    if (run + 1 < bytes.readUInt32BE(runs + 4) && bytes.readUInt32BE(next) === chunk + 1) run++;
    let start = bytes.readUInt32BE(chunks + 8 + 4 * chunk);
    for (let sample = bytes.readUInt32BE(runs + 12 + 12 * run); sample > 0; sample--) {
      const packet = listed(bytes, start, sizes + 12 + 4 * packets.length, fixed);
      packets.push(packet);
      start += packet.length;
    }
  }
  return packets;
}

function fragmentPackets(bytes: Buffer, moof: Part, id: number): MediaPacket[] {
  return boxesAt(bytes, 'traf', moof.start, moof.end).flatMap((traf) => {
    const header = boxesAt(bytes, 'tfhd', traf.start, traf.end)[0]?.start ?? 0;
    if (bytes.readUInt32BE(header + 4) !== id) return [];
    const flags = bytes.readUIntBE(header + 1, 3);
    const base = (flags & 1) === 0 ? moof.at : Number(bytes.readBigUInt64BE(header + 8));
    const sizeAt = header + 8 + ((flags & 1) === 0 ? 0 : 8) + ((flags & 2) === 0 ? 0 : 4) + ((flags & 8) === 0 ? 0 : 4);
    const fixed = (flags & 0x10) === 0 ? 0 : bytes.readUInt32BE(sizeAt);
    return boxesAt(bytes, 'trun', traf.start, traf.end).flatMap((run) => runPackets(bytes, run.start, base, fixed));
  });
}

function runPackets(bytes: Buffer, run: number, base: number, fixed: number): MediaPacket[] {
  const flags = bytes.readUIntBE(run + 1, 3);
  const width = 4 * [0x100, 0x200, 0x400, 0x800].filter((field) => (flags & field) !== 0).length;
  const first = run + 12 + ((flags & 4) === 0 ? 0 : 4) + ((flags & 0x100) === 0 ? 0 : 4);
  let start = base + bytes.readInt32BE(run + 8);
  return Array.from({ length: bytes.readUInt32BE(run + 4) }, (_, index) => {
    const packet = listed(bytes, start, first + index * width, (flags & 0x200) === 0 ? fixed : 0);
    start += packet.length;
    return packet;
  });
}

function listed(bytes: Buffer, start: number, sizeAt: number, fixed: number): MediaPacket {
  if (fixed !== 0) return { start, length: fixed, shorten: null };
  return { start, length: bytes.readUInt32BE(sizeAt), shorten: (size) => void bytes.writeUInt32BE(size, sizeAt) };
}

const SEGMENT = '18538067';
const CLUSTER = '1f43b675';
const BLOCK_GROUP = 'a0';
const BLOCKS = ['a1', 'a3'];
const VOID = 0xec;
const BLOCK_HEADER_BYTES = 4;
const AUDIO = 2;

function matroskaPackets(bytes: Buffer): MediaPacket[] {
  const segment = elements(bytes, 0, bytes.length).find(({ name }) => name === SEGMENT);
  const inside = segment === undefined ? [] : elements(bytes, segment.start, segment.end);
  const number = audioTrack(bytes, inside);
  return inside
    .filter(({ name }) => name === CLUSTER)
    .flatMap(({ start, end }) => elements(bytes, start, end))
    .flatMap((part) => (part.name === BLOCK_GROUP ? elements(bytes, part.start, part.end) : [part]))
    .filter(({ name, start }) => BLOCKS.includes(name) && bytes.readUInt8(start) === (0x80 | number))
    .map((block) => ({
      start: block.start + BLOCK_HEADER_BYTES,
      length: block.end - block.start - BLOCK_HEADER_BYTES,
      shorten: (size) => shortenBlock(bytes, block, size),
    }));
}

function audioTrack(bytes: Buffer, inside: readonly Part[]): number {
  const list = inside.find(({ name }) => name === '1654ae6b');
  for (const { start, end } of list === undefined ? [] : elements(bytes, list.start, list.end)) {
    const fields = elements(bytes, start, end);
    const value = (id: string): number => bytes.readUInt8(fields.find(({ name }) => name === id)?.start ?? start);
    if (fields.some(({ name }) => name === '83') && value('83') === AUDIO) return value('d7');
  }
  return 0;
}

/** Fills the freed bytes of a block with a padding element. An empty block becomes padding as a whole. */
function shortenBlock(bytes: Buffer, block: Part, size: number): void {
  const keptEnd = block.start + BLOCK_HEADER_BYTES + size;
  if (size === 0) bytes.writeUInt8(VOID, block.at);
  else {
    writeSize(bytes, block.at + 1, block.start, keptEnd - block.start);
    bytes.writeUInt8(VOID, keptEnd);
    // The longest form of a size uses the bytes that a shorter one would leave.
    const width = Math.min(8, block.end - keptEnd - 1);
    writeSize(bytes, keptEnd + 1, keptEnd + 1 + width, block.end - keptEnd - 1 - width);
  }
}

function writeSize(bytes: Buffer, at: number, end: number, value: number): void {
  const width = end - at;
  const marked = BigInt(value) | (1n << BigInt(7 * width));
  Buffer.from(marked.toString(16).padStart(2 * width, '0'), 'hex').copy(bytes, at);
}

function elements(bytes: Buffer, from: number, to: number): Part[] {
  const found: Part[] = [];
  for (let at = from; at < to;) {
    const idBytes = Math.clz32(bytes.readUInt8(at)) - 23;
    const sizeAt = at + idBytes;
    const sizeBytes = Math.clz32(bytes.readUInt8(sizeAt)) - 23;
    const start = sizeAt + sizeBytes;
    const size = Number(BigInt.asUintN(7 * sizeBytes, BigInt(`0x${bytes.toString('hex', sizeAt, start)}`)));
    found.push({ name: bytes.toString('hex', at, sizeAt), at, start, end: start + size });
    at = start + size;
  }
  return found;
}

export function boxes(bytes: Buffer, from: number, to: number): Part[] {
  const found: Part[] = [];
  for (let at = from; at + 8 <= to;) {
    const end = at + bytes.readUInt32BE(at);
    found.push({ name: bytes.toString('latin1', at + 4, at + 8), at, start: at + 8, end });
    at = end;
  }
  return found;
}

export function boxesAt(bytes: Buffer, path: string, from = 0, to = bytes.length): Part[] {
  const [first = '', ...rest] = path.split('/');
  const found = boxes(bytes, from, to).filter(({ name }) => name === first);
  return rest.length === 0 ? found : found.flatMap(({ start, end }) => boxesAt(bytes, rest.join('/'), start, end));
}
