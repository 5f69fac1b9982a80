import { describe, expect, it } from 'vitest';
import { readEbmlStructure } from './ebml-structure.js';
import type { OnTracks, SourceStructure, TrackList } from '../source-structure.js';

const UNKNOWN_SIZE = Buffer.from('01ffffffffffffff', 'hex');

function element(id: string, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(0x10000000 | body.length);
  return Buffer.concat([Buffer.from(id, 'hex'), size, body]);
}

const live = (id: string, ...payload: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(id, 'hex'), UNKNOWN_SIZE, ...payload]);
const track = (number: number, type: number, codec: string, ...more: Buffer[]): Buffer =>
  element(
    'ae',
    element('d7', Buffer.of(number)),
    element('83', Buffer.of(type)),
    element('86', Buffer.from(codec)),
    ...more,
  );
const block = (number: number, flags = 0, ...more: number[]): Buffer =>
  element('a3', Buffer.of(0x80 | number, 0, 0, flags, ...more), Buffer.alloc(50));
const group = (number: number): Buffer =>
  element('a0', element('a1', Buffer.of(0x80 | number, 0, 0, 0), Buffer.alloc(50)), element('9b', Buffer.of(20)));

const header = element('1a45dfa3', element('4282', Buffer.from('matroska')));
const tracks = element('1654ae6b', track(1, 1, 'V_VP8'), track(2, 2, 'A_OPUS'));
const time = element('e7', Buffer.of(0));
const cluster = element('1f43b675', time, block(1), block(2), group(2));
const cues = element('1c53bb6b', Buffer.alloc(20));

const whole = Buffer.concat([header, element('18538067', tracks, cluster, cluster, cues)]);

function read(all: Buffer, onTracks?: OnTracks): Promise<SourceStructure> {
  const file = {
    sizeBytes: all.length,
    bytes: (position: number, length: number) => Promise.resolve(all.subarray(position, position + length)),
  };
  return readEbmlStructure(file, onTracks);
}

const inSegment = (...parts: Buffer[]): Buffer => Buffer.concat([header, element('18538067', tracks, ...parts)]);

function floatOf(value: number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeDoubleBE(value);
  else buffer.writeFloatBE(value);
  return buffer;
}

describe('the length that readEbmlStructure finds stated', () => {
  const scale = element('2ad7b1', Buffer.from('1e8480', 'hex'));
  it.each<[string, Buffer[], number | null]>([
    ['in 8 bytes', [element('1549a966', element('4489', floatOf(90_500, 8)))], 90_500],
    ['in 4 bytes, in ticks of 2 ms', [element('1549a966', scale, element('4489', floatOf(1000, 4)))], 2000],
    ['as nothing', [element('1549a966', element('4489', floatOf(NaN, 8)))], null],
    ['in 3 bytes', [element('1549a966', element('4489', Buffer.alloc(3, 1)))], null],
    ['nowhere', [], null],
  ])('%s', async (_case, info, statedMs) => {
    const found: TrackList[] = [];
    await read(Buffer.concat([header, element('18538067', ...info, tracks, cluster)]), (list) => found.push(list));
    expect(found).toEqual([{ hasMp3: false, statedMs }]);
  });
});

describe('readEbmlStructure', () => {
  it('counts the packets of each track', async () => {
    expect(await read(whole)).toEqual({
      container: 'ebml',
      damage: null,
      tracks: [
        { isAudio: false, isEncrypted: false, packets: 2, time: null, damage: null },
        { isAudio: true, isEncrypted: false, packets: 4, time: expect.anything() as unknown, damage: null },
      ],
    });
  });

  it('calculates the duration of a packet from the next packet or from its own block', async () => {
    const at = (ticks: number, flags = 0, ...more: number[]): Buffer =>
      element('a3', Buffer.of(0x82, ticks >> 8, ticks & 255, flags, ...more), Buffer.alloc(50));
    const last = element('a0', element('a1', Buffer.of(0x82, 0, 60, 0), Buffer.alloc(9)), element('9b', Buffer.of(7)));
    const clusters = [
      element('1f43b675', time, at(0), at(23), at(46, 0x04, 1)),
      element('1f43b675', element('e7', Buffer.of(2, 0)), at(0), last),
    ];
    const { tracks: found } = await read(inSegment(...clusters));
    const { durations, unitSeconds } = found[1]?.time ?? {};
    const milliseconds = durations?.sorted.map(([units, packets]) => [units * (unitSeconds ?? 0) * 1000, packets]);
    expect(milliseconds?.map(([each, packets]) => [Math.round(each ?? 0), packets])).toEqual([
      [7, 1],
      [23, 2],
      [60, 1],
      [233, 2],
    ]);
  });

  it('counts each laced frame', async () => {
    const { tracks: found } = await read(inSegment(element('1f43b675', time, block(2, 0x02, 4), block(2))));
    expect(found[1]?.packets).toBe(6);
  });

  it('reads a track number whose bits are all set as a number', async () => {
    const all = element('1654ae6b', track(127, 2, 'A_OPUS'));
    const file = Buffer.concat([header, element('18538067', all, element('1f43b675', time, block(127)))]);
    expect(await read(file)).toMatchObject({ damage: null, tracks: [{ packets: 1 }] });
  });

  it('reads numbers that have eight bytes', async () => {
    const long = (id: string, value: number): Buffer => element(id, Buffer.alloc(7), Buffer.of(value));
    const all = element('1654ae6b', element('ae', long('d7', 1), long('83', 2), element('86', Buffer.from('A_OPUS'))));
    const file = Buffer.concat([header, element('18538067', all, element('1f43b675', long('e7', 0), block(1)))]);
    expect(await read(file)).toMatchObject({ damage: null, tracks: [{ isAudio: true, packets: 1 }] });
  });

  it.each([
    ['tracks', element('1654ae6b', ...Array.from({ length: 1001 }, () => element('ae'))), 'too many tracks'],
    [
      'fields',
      element('1654ae6b', element('ae', Buffer.alloc(20_002, 'ec80', 'hex'))),
      'too many elements in an element',
    ],
  ])('reports damage if a file has more %s than any writer creates', async (_, list, damage) => {
    expect(await read(Buffer.concat([header, element('18538067', list)]))).toMatchObject({ damage });
  });

  it.each([
    [
      'a live recording',
      Buffer.concat([header, live('18538067', tracks, live('1f43b675', time, block(2)), live('1f43b675', time), cues)]),
    ],
    [
      'padding',
      inSegment(element('ec', Buffer.alloc(9)), element('1f43b675', time, element('ec', Buffer.alloc(9)), block(2))),
    ],
    ['other bytes after the segment', Buffer.concat([whole, Buffer.from('<html></html>')])],
    ['zeros after the segment', Buffer.concat([whole, Buffer.alloc(100)])],
  ])('accepts %s', async (_, bytes) => {
    expect((await read(bytes)).damage).toBeNull();
  });

  it.each([
    ['an unknown element in a cluster', inSegment(element('1f43b675', time, element('a2', Buffer.alloc(9))))],
    ['a damaged block that looks like a number', inSegment(element('1f43b675', time, element('ab', Buffer.alloc(50))))],
    ['an unknown element in the segment', inSegment(element('1f43b677', time))],
    ['a block of an unknown track', inSegment(element('1f43b675', time, block(3)))],
    ['a group without a block', inSegment(element('1f43b675', time, element('a0', element('9b', Buffer.of(1)))))],
    ['a block longer than its cluster', inSegment(element('1f43b675', time, block(2).subarray(0, -1)))],
    ['a cluster outside of the segment', Buffer.concat([header, element('18538067', tracks), cluster])],
    ['a missing segment', header],
  ])('reports damage: %s', async (_, bytes) => {
    expect((await read(bytes)).damage).not.toBeNull();
  });

  it('reports damage wherever the file is cut', async () => {
    for (let length = header.length; length < whole.length; length++) {
      expect((await read(whole.subarray(0, length))).damage, `cut at ${length}`).not.toBeNull();
    }
  });

  it('detects encrypted audio', async () => {
    const encryption = element('6d80', element('6240', element('5035', Buffer.alloc(3))));
    const list = element('1654ae6b', track(1, 2, 'A_OPUS', encryption));
    const { tracks: found } = await read(Buffer.concat([header, element('18538067', list)]));
    expect(found[0]?.isEncrypted).toBe(true);
  });

  it('does not throw, whichever byte is wrong', async () => {
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 0x40, 0xff]) {
        const bad = Buffer.from(whole);
        bad[at] = value;
        await expect(read(bad)).resolves.toMatchObject({ container: 'ebml' });
      }
    }
  });
});
