import { childElements, type Element } from '../src/containers/matroska/ebml-element.js';

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const SEGMENT_INFO = 0x1549a966;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const CODEC_DELAY = 0x56aa;
const CLUSTER = 0x1f43b675;
const SIMPLE_BLOCK = 0xa3;
const CHECKSUM = 0xbf;
const BLOCK_HEAD_BYTES = 4;
const FRAMES_PER_BLOCK = 5;
const LACING_FLAGS = { xiph: 0x02, fixed: 0x04, ebml: 0x06 } as const;

export interface Layout {
  readonly lacing?: keyof typeof LACING_FLAGS;
  /** What the track says that its codec put in front of the audio. */
  readonly codecDelayNs?: number;
}

/** The frames of ffmpeg's Matroska file with one audio track, laid out as other writers do. */
export function relaidMatroska(file: Buffer, layout: Layout): Buffer {
  const top = childElements(file);
  const segment = top.find(({ id }) => id === SEGMENT)?.payload ?? Buffer.alloc(0);
  const parts = childElements(segment).flatMap(({ id, payload }) => {
    if (id === SEGMENT_INFO) return [element(id, payload)];
    if (id === TRACKS) return [element(id, ...childElements(payload).map((entry) => relaidTrack(entry, layout)))];
    return id === CLUSTER ? [element(id, ...relaidBlocks(childElements(payload), layout))] : [];
  });
  const head = top.filter(({ id }) => id === EBML).map(({ id, payload }) => element(id, payload));
  return Buffer.concat([...head, element(SEGMENT, ...parts)]);
}

function relaidTrack({ id, payload }: Element, { codecDelayNs }: Layout): Buffer {
  if (id !== TRACK_ENTRY || codecDelayNs === undefined) return element(id, payload);
  const delay = Buffer.alloc(4);
  delay.writeUInt32BE(codecDelayNs);
  return element(id, payload, element(CODEC_DELAY, delay));
}

/** Simple blocks that follow each other are laced; what stands between them keeps its place. */
function relaidBlocks(children: readonly Element[], { lacing }: Layout): Buffer[] {
  const parts: Buffer[] = [];
  let run: Buffer[] = [];
  const endRun = (): void => {
    if (run.length > 0 && lacing !== undefined) parts.push(element(SIMPLE_BLOCK, ...lacedBlock(run, lacing)));
    run = [];
  };
  for (const { id, payload } of children) {
    if (id === CHECKSUM) continue;
    const isLaced = id === SIMPLE_BLOCK && lacing !== undefined;
    if (!isLaced || run.length === FRAMES_PER_BLOCK) endRun();
    if (isLaced) run.push(payload);
    else parts.push(element(id, payload));
  }
  endRun();
  return parts;
}

function lacedBlock(blocks: readonly Buffer[], lacing: keyof typeof LACING_FLAGS): Buffer[] {
  const head = Buffer.from(blocks[0]?.subarray(0, BLOCK_HEAD_BYTES) ?? []);
  head.writeUInt8(head.readUInt8(3) | LACING_FLAGS[lacing], 3);
  const frames = blocks.map((block) => block.subarray(BLOCK_HEAD_BYTES));
  const sizes = frames.slice(0, -1).map(({ length }) => length);
  const written = { xiph: xiphSizes, fixed: () => [], ebml: ebmlSizes }[lacing](sizes);
  return [head, Buffer.of(frames.length - 1, ...written), ...frames];
}

function xiphSizes(sizes: readonly number[]): number[] {
  return sizes.flatMap((size) => [...Array<number>(Math.floor(size / 255)).fill(255), size % 255]);
}

/** The first size, then differences, each in two bytes. */
function ebmlSizes(sizes: readonly number[]): number[] {
  return sizes.flatMap((size, index) => {
    const value = 0x4000 | (index === 0 ? size : size - (sizes[index - 1] ?? 0) + 0x1fff);
    return [value >> 8, value & 255];
  });
}

function element(id: number, ...payload: readonly Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const head = Buffer.alloc(12);
  head.writeUInt32BE(id);
  head.writeBigUInt64BE((1n << 56n) | BigInt(body.length), 4);
  const idBytes = Math.ceil((32 - Math.clz32(id)) / 8);
  return Buffer.concat([head.subarray(4 - idBytes), body]);
}
