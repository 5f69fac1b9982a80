const ADTS_HEADER_BYTES = 7;
/** The end marker in the last byte of an AAC frame, before the zero padding. */
const END_BITS = '111';
const FILL_ELEMENT = '110';
const SBR_DATA = '1101';

const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0');

/**
 * Data for one channel at 22.05 kHz, from which the decoder makes 14 bands (4.8 to 9.6 kHz) out of those below, at one
 * level: ISO 14496-3, 4.4.2.8. Zeros encode no difference between neighboring bands.
 */
const SBR_PAYLOAD = [
  // A header: from band 14 (start 5) to twice that (stop 14), with defaults for the rest.
  ['1', '0', bits(5, 4), bits(14, 4), bits(0, 3), '00', '0', '0'],
  // One envelope of five bands with its full length, and two noise bands; values are differences between bands.
  ['0', '00', '00', '0', '0', '0', '00', '00'],
  [bits(30, 7), '00'.repeat(4), bits(10, 5), '0'],
  // No harmonics, no extension.
  ['0', '0'],
].flat();

/**
 * Makes HE-AAC, because ffmpeg has no encoder for it: an ADTS stream of AAC-LC with one channel at 22.05 kHz and data
 * for spectral band replication in every frame. It decodes to 44.1 kHz.
 */
export function heAacStream(adts: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < adts.length;) {
    const length = (adts.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
    frames.push(withBandReplication(adts.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(frames);
}

function withBandReplication(frame: Buffer): Buffer {
  const core = [...frame.subarray(ADTS_HEADER_BYTES)].map((byte) => bits(byte, 8)).join('');
  const end = core.lastIndexOf('1') + 1 - END_BITS.length;
  const extension = bytesOf(SBR_DATA + SBR_PAYLOAD.join(''));
  const payload = bytesOf(core.slice(0, end) + FILL_ELEMENT + bits(extension.length / 8, 4) + extension + END_BITS);
  const bytes = payload.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  const changed = Buffer.from([...frame.subarray(0, ADTS_HEADER_BYTES), ...bytes]);
  const fields = changed.readUIntBE(3, 3);
  changed.writeUIntBE((fields & ~(0x1fff << 5)) | (changed.length << 5), 3, 3);
  return changed;
}

/** Pads bits with zeros to whole bytes. */
function bytesOf(text: string): string {
  return text.padEnd(Math.ceil(text.length / 8) * 8, '0');
}
