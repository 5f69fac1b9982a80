export const ID3_HEADER_BYTES = 10;

const FOOTER_FLAG = 0x10;
const VERSION_3 = 3;

/** Returns the size of the ID3v2 tag at an offset, including its header; 0 if there is none. */
export function id3TagBytes(bytes: Buffer, offset = 0): number {
  if (bytes.length - offset < ID3_HEADER_BYTES || bytes.toString('latin1', offset, offset + 3) !== 'ID3') return 0;
  const footer = (bytes.readUInt8(offset + 5) & FOOTER_FLAG) === 0 ? 0 : ID3_HEADER_BYTES;
  let size = 0;
  for (let index = 6; index < ID3_HEADER_BYTES; index++) size = size * 128 + (bytes.readUInt8(offset + index) & 127);
  return ID3_HEADER_BYTES + size + footer;
}

/** Returns the header of an ID3v2.3 tag. `tagBytes` includes the header. */
export function id3Header(tagBytes: number): Buffer {
  const header = Buffer.from([...Buffer.from('ID3'), VERSION_3, 0, 0, 0, 0, 0, 0]);
  // Seven bits in each byte, so that none looks like the start of an audio frame.
  for (let index = 9, rest = tagBytes - ID3_HEADER_BYTES; index > 5; index--, rest >>>= 7) header[index] = rest & 127;
  return header;
}
