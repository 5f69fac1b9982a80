const BITRATES_KBPS = {
  mpeg1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const SAMPLE_RATES = [44_100, 48_000, 32_000];
/** Indexed by the two version bits: MPEG 2.5, reserved, MPEG 2, MPEG 1. */
const RATE_DIVISORS = [4, 0, 2, 1];
const LAYER_3 = 1;
const MONO = 3;
const CHECKSUM_BYTES = 2;

export const MP3_HEADER_BYTES = 4;

export interface Mp3Header {
  readonly lengthBytes: number;
  readonly isMpeg1: boolean;
  readonly isMono: boolean;
  readonly kbps: number;
  readonly samples: number;
  readonly sampleRate: number;
  /** The offset of the side information, after the header and its checksum. */
  readonly sideOffset: number;
  /** The offset of the main data. */
  readonly dataOffset: number;
  /** The offset of the Xing or Info tag. */
  readonly tagOffset: number;
}

/** Reads the header of a layer III frame; null if the bytes are not one. */
export function readMp3Header(bytes: Buffer, offset: number): Mp3Header | null {
  const header = bytes.readUInt32BE(offset);
  if (header >>> 21 !== 0x7ff || ((header >>> 17) & 3) !== LAYER_3) return null;
  const version = (header >>> 19) & 3;
  const isMpeg1 = version === 3;
  const kbps = BITRATES_KBPS[isMpeg1 ? 'mpeg1' : 'mpeg2'][((header >>> 12) & 15) - 1];
  const fullRate = SAMPLE_RATES[(header >>> 10) & 3];
  const divisor = RATE_DIVISORS[version];
  if (kbps === undefined || fullRate === undefined || !divisor) return null;
  const sampleRate = fullRate / divisor;
  const samples = isMpeg1 ? 1152 : 576;
  const padding = (header >>> 9) & 1;
  const isMono = ((header >>> 6) & 3) === MONO;
  const sideBytes = sideInformationBytes(isMpeg1, isMono);
  const sideOffset = MP3_HEADER_BYTES + (((header >>> 16) & 1) === 0 ? CHECKSUM_BYTES : 0);
  return {
    isMpeg1,
    isMono,
    kbps,
    sideOffset,
    dataOffset: sideOffset + sideBytes,
    lengthBytes: frameBytes(kbps, sampleRate, samples) + padding,
    samples,
    sampleRate,
    tagOffset: MP3_HEADER_BYTES + sideBytes,
  };
}

/** Returns the header of a frame of the same stream without checksum and padding, and with at least the given length. */
export function roomyHeader(header: Buffer, neededBytes: number): Buffer | null {
  const wanted = Buffer.from(header.subarray(0, MP3_HEADER_BYTES));
  wanted.writeUInt8(wanted.readUInt8(1) | 1, 1);
  const first = wanted.readUInt8(2) >>> 4;
  const indexes = [first, ...Array.from({ length: 14 }, (_, index) => index + 1)];
  for (const index of indexes) {
    wanted.writeUInt8((index << 4) | (wanted.readUInt8(2) & 0x0d), 2);
    const read = readMp3Header(wanted, 0);
    if (read !== null && read.lengthBytes >= neededBytes) return wanted;
  }
  return null;
}

function frameBytes(kbps: number, sampleRate: number, samples: number): number {
  return Math.floor((samples / 8) * ((kbps * 1000) / sampleRate));
}

function sideInformationBytes(isMpeg1: boolean, isMono: boolean): number {
  if (isMpeg1) return isMono ? 17 : 32;
  return isMono ? 9 : 17;
}
