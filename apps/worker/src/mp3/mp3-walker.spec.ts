import { describe, expect, it } from 'vitest';
import { Mp3Walker, type Mp3Summary } from './mp3-walker.js';

const FRAME_BYTES = 417;

/** MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo. */
function frame(): Buffer {
  const bytes = Buffer.alloc(FRAME_BYTES);
  bytes.writeUInt32BE(0xfffb9000);
  return bytes;
}

function infoFrame(frames: number, delay = 576, padding = 1000): Buffer {
  const bytes = frame();
  bytes.write('Info', 36, 'latin1');
  bytes.writeUInt32BE(3, 40);
  bytes.writeUInt32BE(frames, 44);
  bytes.writeUInt32BE((frames + 1) * FRAME_BYTES, 48);
  bytes.writeUIntBE((delay << 12) | padding, 36 + 141, 3);
  return bytes;
}

function id3(payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(10 + payloadBytes, 0xff);
  bytes.write('ID3\x04\x00\x00', 'latin1');
  for (let index = 0; index < 4; index++) bytes[6 + index] = (payloadBytes >>> (7 * (3 - index))) & 127;
  return bytes;
}

function walk(bytes: Buffer, pieceBytes = bytes.length): Mp3Summary {
  const sut = new Mp3Walker();
  for (let start = 0; start < bytes.length; start += pieceBytes) sut.push(bytes.subarray(start, start + pieceBytes));
  return sut.end();
}

const whole = Buffer.concat([id3(300), infoFrame(5), ...Array.from({ length: 5 }, frame)]);

describe('Mp3Walker', () => {
  it('accounts for tag, info frame and frames', () => {
    expect(walk(whole)).toEqual({
      sizeBytes: 310 + 6 * FRAME_BYTES,
      tagBytes: 310,
      frames: 5,
      frameBytes: 5 * FRAME_BYTES,
      infoFrame: { frames: 5, bytes: 6 * FRAME_BYTES, delaySamples: 576, paddingSamples: 1000 },
      sampleRate: 44_100,
      samples: 5 * 1152 - 1576,
      strayAtByte: null,
    });
  });

  it.each([1, 3, 7, 416, 417, 418, 1000])('returns the same for chunks of %d bytes', (pieceBytes) => {
    expect(walk(whole, pieceBytes)).toEqual(walk(whole));
  });

  it('counts a frame without a tag as audio', () => {
    const summary = walk(Buffer.concat([frame(), frame()]));
    expect(summary).toMatchObject({ tagBytes: 0, frames: 2, infoFrame: null, samples: 2304, strayAtByte: null });
  });

  it.each([1, 4, 5, 200, 416])('detects that the last frame lacks %d bytes', (missing) => {
    expect(walk(whole.subarray(0, whole.length - missing)).strayAtByte).toBe(310 + 5 * FRAME_BYTES);
  });

  it('detects bytes between frames', () => {
    const torn = Buffer.concat([frame(), Buffer.from('stray'), frame()]);
    expect(walk(torn).strayAtByte).toBe(FRAME_BYTES);
  });

  it.each([1, 4, 100])('detects %d bytes after the last frame', (extra) => {
    expect(walk(Buffer.concat([whole, Buffer.alloc(extra)])).strayAtByte).toBe(whole.length);
  });

  it('detects a tag that is longer than the file', () => {
    expect(walk(id3(300).subarray(0, 200)).strayAtByte).toBe(200);
  });

  it('detects a frame with another sample rate', () => {
    const other = frame();
    other.writeUInt32BE(0xfffb9400);
    expect(walk(Buffer.concat([frame(), other, Buffer.alloc(384)])).strayAtByte).toBe(FRAME_BYTES);
  });

  it('accepts an empty file', () => {
    expect(walk(Buffer.alloc(0))).toMatchObject({ sizeBytes: 0, frames: 0, samples: 0, strayAtByte: null });
  });
});
