import { describe, expect, it } from 'vitest';
import { statedMovieMs } from './iso-duration.js';

function box(type: string, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + payload.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, payload]);
}

function header(timescale: number, duration: number): Buffer {
  const payload = Buffer.alloc(100);
  payload.writeUInt32BE(timescale, 12);
  payload.writeUInt32BE(duration, 16);
  return box('mvhd', payload);
}

function longHeader(timescale: number, duration: bigint): Buffer {
  const payload = Buffer.alloc(112);
  payload.writeUInt8(1);
  payload.writeUInt32BE(timescale, 20);
  payload.writeBigUInt64BE(duration, 24);
  return box('mvhd', payload);
}

describe('statedMovieMs', () => {
  it.each<[string, Buffer, number | null]>([
    ['32 bits', header(600, 1_200), 2000],
    ['64 bits', longHeader(48_000, 172_800_000n), 3_600_000],
    ['an unknown length', header(600, 0xffffffff), null],
    ['an unknown length of 64 bits', longHeader(600, 0xffffffffffffffffn), null],
    ['no length', header(600, 0), null],
    ['no time scale', header(0, 1_200), null],
    ['a header that is cut', box('mvhd', Buffer.alloc(20)), null],
    ['no header', box('trak', Buffer.alloc(20)), null],
  ])('%s', (_case, bytes, expected) => {
    expect(statedMovieMs(bytes)).toBe(expected);
  });
});
