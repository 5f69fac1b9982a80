import { readVint } from './ebml-element.js';

const XIPH = 1;
const FIXED = 2;

export interface Lacing {
  readonly frames: number;
  /** The size of the lacing header, between the block's header and its first frame; null if it is unreadable. */
  readonly headerBytes: number | null;
}

/** Reads the lacing of a block. `bytes` follow the block's header, and `flags` is the last byte of that header. */
export function readLacing(bytes: Buffer, flags: number): Lacing {
  const kind = (flags >> 1) & 3;
  if (kind === 0) return { frames: 1, headerBytes: 0 };
  if (bytes.length === 0) return { frames: 1, headerBytes: null };
  const frames = bytes.readUInt8(0) + 1;
  if (kind === FIXED) return { frames, headerBytes: 1 };
  return { frames, headerBytes: kind === XIPH ? xiphBytes(bytes, frames) : vintBytes(bytes, frames) };
}

/** The size of the last frame is not stated: it takes the rest of the block. */
function xiphBytes(bytes: Buffer, frames: number): number | null {
  let at = 1;
  for (let frame = 1; frame < frames; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    if (byte !== 255) frame++;
  }
  return at;
}

function vintBytes(bytes: Buffer, frames: number): number | null {
  let at = 1;
  for (let frame = 1; frame < frames; frame++) {
    const size = readVint(bytes, at);
    if (size === null) return null;
    at += size.length;
  }
  return at;
}
