const ADTS_HEADER_BYTES = 7;
/** What stands in the last byte of an AAC frame before its filling zeros. */
const END_BITS = '111';
const FILL_ELEMENT = '110';
const SBR_DATA = '1101';

const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0');

/**
 * Of one channel at 22.05 kHz, by which the decoder makes 14 bands (4.8 to 9.6 kHz) out of those below, at one level:
 * ISO 14496-3, 4.4.2.8. A difference of none between neighbours is written in zeros.
 */
const SBR_PAYLOAD = [
  // A header: from band 14 (start 5) to twice that (stop 14), all else at its default.
  ['1', '0', bits(5, 4), bits(14, 4), bits(0, 3), '00', '0', '0'],
  // One envelope of five bands, at its full length, and two bands of noise; values from one band to the next.
  ['0', '00', '00', '0', '0', '0', '00', '00'],
  [bits(30, 7), '00'.repeat(4), bits(10, 5), '0'],
  // No harmonics, no extension.
  ['0', '0'],
].flat();

/**
 * HE-AAC, for an ffmpeg without an encoder: an ADTS stream of AAC-LC, one channel at 22.05 kHz, with data for spectral
 * band replication in every frame. It decodes to 44.1 kHz.
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

/** Filled up with zeros to whole bytes. */
function bytesOf(text: string): string {
  return text.padEnd(Math.ceil(text.length / 8) * 8, '0');
}
