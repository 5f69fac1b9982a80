import { findBox, type Box } from './iso-box.js';

const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;

/**
 * Returns the `objectTypeIndication` of the elementary stream descriptor in the entry of a sample description; 0 without
 * one.
 * @param path the descriptor's box, as a path such as `wave/esds`
 * @param fieldBytes the length of the fields in front of the boxes of the entry
 */
export function elementaryStreamType(bytes: Buffer, entry: Box, path: string, fieldBytes: number): number {
  const payload = bytes.subarray(entry.start, entry.end);
  const box = findBox(payload, path, { type: '', start: fieldBytes, end: payload.length });
  if (box === null) return 0;
  const outer = descriptor(payload, box.start + 4, box.end);
  if (outer?.tag !== ES_DESCRIPTOR) return 0;
  const inner = descriptor(payload, outer.start + 3, box.end);
  return inner?.tag === DECODER_CONFIG && inner.start < box.end ? payload.readUInt8(inner.start) : 0;
}

function descriptor(bytes: Buffer, offset: number, end: number): { tag: number; start: number } | null {
  let at = offset + 1;
  while (at < end && (bytes.readUInt8(at) & 0x80) !== 0) at++;
  return at < end ? { tag: bytes.readUInt8(offset), start: at + 1 } : null;
}
