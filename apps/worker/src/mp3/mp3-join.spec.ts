import { describe, expect, it } from 'vitest';
import { crc16 } from './crc16.js';
import { AGREEMENT_FRAMES, LEAD_OUT_FRAMES, Mp3Join, type JoinedPart } from './mp3-join.js';
import { Mp3Walker, type Mp3Summary } from './mp3-walker.js';

const FRAME_BYTES = 417;
const SIDE_AT = 4;
const DATA_AT = 36;
const TAG_AT = 36;
const AUDIO_BYTES = 100;
/** Each frame's audio begins so far before it, in its predecessor. */
const BACK_BYTES = 50;

interface Change {
  readonly frame: number;
  readonly at: number;
  readonly byte: number;
}

/** A frame of 128 kbit/s, 44.1 kHz, stereo: the audio of this frame number and the beginning of the next one's. */
function frame(number: number): Buffer {
  const bytes = Buffer.alloc(FRAME_BYTES);
  bytes.writeUInt32BE(0xfffb9000);
  const back = number === 0 ? 0 : BACK_BYTES;
  bytes.writeUInt16BE(back << 7, SIDE_AT);
  // The length of the first granule in the left channel, in bits 20 to 31.
  bytes.writeUInt16BE(AUDIO_BYTES * 8, SIDE_AT + 2);
  const audio = (of: number): Buffer => Buffer.alloc(AUDIO_BYTES, (of % 250) + 1);
  audio(number).copy(bytes, DATA_AT, back);
  audio(number + 1).copy(bytes, FRAME_BYTES - BACK_BYTES, 0, BACK_BYTES);
  return bytes;
}

function infoFrame(padding: number, delay = 576): Buffer {
  const bytes = Buffer.alloc(FRAME_BYTES);
  bytes.writeUInt32BE(0xfffb9000);
  bytes.write('Info', TAG_AT, 'latin1');
  bytes.writeUInt32BE(15, TAG_AT + 4);
  bytes.write('Lavc59.37', TAG_AT + 120, 'latin1');
  bytes.writeUIntBE((delay << 12) | padding, TAG_AT + 141, 3);
  return bytes;
}

interface MadePart extends JoinedPart {
  readonly bytes: Buffer;
}

const TOTAL = 1000;
const CUT = 500;
const LEAD_IN = 200;
const FIRST: JoinedPart = { encodedFrom: 0, start: 0, end: CUT };
const SECOND: JoinedPart = { encodedFrom: CUT - LEAD_IN, start: CUT, end: null };

function made(
  part: JoinedPart,
  changes: readonly Change[] = [],
  info = infoFrame(part.end === null ? 900 : 1),
): MadePart {
  const end = part.end === null ? TOTAL : part.end + LEAD_OUT_FRAMES;
  const frames = Array.from({ length: end - part.encodedFrom }, (_, index) => frame(part.encodedFrom + index));
  for (const { frame: number, at, byte } of changes) frames[number - part.encodedFrom]?.writeUInt8(byte, at);
  return { ...part, bytes: Buffer.concat([info, ...frames]) };
}

function join(parts: readonly MadePart[], pieceBytes = 100_000): Buffer {
  const sut = new Mp3Join();
  const written: Buffer[] = [];
  for (const part of parts) {
    sut.begin(part);
    for (let at = 0; at < part.bytes.length; at += pieceBytes) {
      written.push(...sut.push(Buffer.from(part.bytes.subarray(at, at + pieceBytes))));
    }
    written.push(...sut.endPart().frames);
  }
  const { infoFrame: info, frames, frameBytes } = sut.end();
  const mp3 = Buffer.concat(written);
  info.copy(mp3);
  expect(mp3.length).toBe(info.length + frameBytes);
  expect(frames).toBe(summaryOf(mp3).frames);
  return mp3;
}

function summaryOf(mp3: Buffer): Mp3Summary {
  const walker = new Mp3Walker();
  walker.push(mp3);
  return walker.end();
}

const framesOf = (from: number, to: number): Buffer =>
  Buffer.concat(Array.from({ length: to - from }, (_, index) => frame(from + index)));

const AT_SIDE = SIDE_AT + 10;

describe('Mp3Join', () => {
  it.each([FRAME_BYTES - 1, 1000, 100_000])(
    'joins two parts that agree to all frames, in pieces of %d bytes',
    (piece) => {
      const mp3 = join([made(FIRST), made(SECOND)], piece);
      expect(mp3.subarray(FRAME_BYTES).equals(framesOf(0, TOTAL))).toBe(true);
    },
  );

  it('joins eight parts', () => {
    const parts = Array.from({ length: 8 }, (_, index) => {
      const start = index * 120;
      return made({ encodedFrom: Math.max(0, start - LEAD_IN), start, end: index === 7 ? null : start + 120 });
    });
    expect(join(parts).subarray(FRAME_BYTES).equals(framesOf(0, TOTAL))).toBe(true);
  });

  it('writes one info frame: counts and checksums of the whole, delay of the first part, padding of the last one', () => {
    const mp3 = join([made(FIRST), made(SECOND)]);
    const bytes = mp3.length;
    const infoFields = { frames: TOTAL, bytes, delaySamples: 576, paddingSamples: 900 };
    expect(summaryOf(mp3)).toMatchObject({ infoFrame: infoFields, strayAtByte: null });
    expect(mp3.toString('latin1', TAG_AT + 120, TAG_AT + 129)).toBe('Lavc59.37');
    const lame = TAG_AT + 120;
    expect(mp3.readUInt16BE(lame + 32)).toBe(crc16(mp3.subarray(FRAME_BYTES)));
    expect(mp3.readUInt16BE(lame + 34)).toBe(crc16(mp3.subarray(0, lame + 34)));
    expect(mp3.readUInt32BE(lame + 28)).toBe(bytes);
    expect(mp3.readUInt8(TAG_AT + 16 + 50)).toBe(128);
  });

  it('takes parts that differ only where they need not agree yet', () => {
    const early = [{ frame: CUT - AGREEMENT_FRAMES - 2, at: DATA_AT + 10, byte: 0 }];
    const mp3 = join([made(FIRST), made(SECOND, early)]);
    expect(mp3.subarray(FRAME_BYTES).equals(framesOf(0, TOTAL))).toBe(true);
  });

  it('takes parts that differ only in bytes without meaning', () => {
    const mp3 = join([made(FIRST), made(SECOND, [{ frame: CUT - 1, at: DATA_AT + 200, byte: 77 }])]);
    expect(mp3.subarray(FRAME_BYTES).equals(framesOf(0, TOTAL))).toBe(true);
  });

  it.each<[string, Change]>([
    [
      'in the main data at the beginning of the agreement',
      { frame: CUT - AGREEMENT_FRAMES, at: DATA_AT + 10, byte: 0 },
    ],
    ['in the main data before the cut', { frame: CUT - 1, at: DATA_AT + 10, byte: 0 }],
    ['in main data that lies in the previous frame', { frame: CUT - 1, at: FRAME_BYTES - 1, byte: 0 }],
    ['behind the cut', { frame: CUT + 7, at: DATA_AT + 10, byte: 0 }],
    ['in the side information', { frame: CUT - 1, at: AT_SIDE, byte: 1 }],
    ['in the header', { frame: CUT - 1, at: 3, byte: 0x40 }],
    ['in the place of the main data', { frame: CUT - 3, at: SIDE_AT + 1, byte: 0x80 }],
  ])('rejects parts that differ %s', (_case, change) => {
    expect(() => join([made(FIRST), made(SECOND, [change])])).toThrow('two parts differ around frame 500');
  });

  it('rejects parts that agree about fewer frames than asked for', () => {
    const late: JoinedPart = { ...SECOND, encodedFrom: CUT - AGREEMENT_FRAMES };
    expect(() => join([made(FIRST), made(late)])).toThrow('two parts differ around frame 500');
  });

  it('rejects a part that ends early', () => {
    const { bytes } = made(FIRST);
    const short = { ...FIRST, bytes: bytes.subarray(0, bytes.length - LEAD_OUT_FRAMES * FRAME_BYTES) };
    expect(() => join([short, made(SECOND)])).toThrow('a part ends 0 frames before its end');
  });

  it('rejects a last part without the frames around its cut', () => {
    const { bytes } = made(SECOND);
    expect(() => join([made(FIRST), { ...SECOND, bytes: bytes.subarray(0, 50 * FRAME_BYTES) }])).toThrow(
      'two parts differ',
    );
  });

  it('rejects frames that lack main data, wherever they are', () => {
    const lost = [{ frame: 700, at: SIDE_AT, byte: 0xff }];
    expect(() => join([made(FIRST), made(SECOND, lost)])).toThrow('frame 700 lacks a part of its audio');
  });

  it('rejects another bit rate', () => {
    const faster = infoFrame(900);
    const other = made(SECOND, [{ frame: 800, at: 2, byte: 0xa0 }], faster);
    expect(() => join([made(FIRST), other])).toThrow('two frames are of different kinds');
  });

  it('rejects bytes that belong to no frame', () => {
    const part = made(SECOND);
    expect(() => join([made(FIRST), { ...part, bytes: Buffer.concat([part.bytes, Buffer.alloc(9)]) }])).toThrow(
      'no frame at byte',
    );
  });

  it('rejects a part without an info frame, and another delay', () => {
    expect(() => join([made(FIRST, [], Buffer.alloc(0)), made(SECOND)])).toThrow('a part has no info frame');
    expect(() => join([made(FIRST), made(SECOND, [], infoFrame(900, 1105))])).toThrow(
      'two parts have different delays',
    );
  });

  it('rejects no frames at all', () => {
    expect(() => new Mp3Join().end()).toThrow('no frames');
  });
});
