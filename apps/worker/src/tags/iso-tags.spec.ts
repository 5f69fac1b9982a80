import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../containers/file-window.js';
import { IsoTags } from './iso-tags.js';

const box = (type: string, ...payload: Buffer[]): Buffer => {
  const body = Buffer.concat(payload);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, body]);
};
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const u16 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => Buffer.of(value >> 8, value & 255)));
const u32 = (value: number): Buffer => u16(value >>> 16, value & 0xffff);

const UTF_8 = 1;
const data = (type: number, value: Buffer): Buffer => box('data', u32(type), u32(0), value);
const item = (name: string, text: string | Buffer, type = UTF_8): Buffer =>
  box(name, data(type, typeof text === 'string' ? Buffer.from(text) : text));
const handler = box('hdlr', Buffer.alloc(25));
const meta = (...items: Buffer[]): Buffer => box('meta', u32(0), handler, box('ilst', ...items));
const movie = (...boxes: Buffer[]): Buffer => Buffer.concat([box('ftyp'), box('moov', box('mvhd'), ...boxes)]);
const itunes = (...items: Buffer[]): Buffer => movie(box('udta', meta(...items)));

const jpeg = (bytes: number): Buffer => Buffer.concat([hex('ffd8ffe0'), Buffer.alloc(bytes - 4, 1)]);
const png = Buffer.concat([hex('89504e470d0a1a0a0000000d49484452'), Buffer.alloc(50)]);

function source(all: Buffer): ByteSource {
  return {
    sizeBytes: all.length,
    bytes: (position, length) => Promise.resolve(all.subarray(position, position + length)),
  };
}

async function read(all: Buffer): Promise<IsoTags> {
  const sut = new IsoTags(source(all));
  await sut.read();
  return sut;
}

const textsOf = async (all: Buffer): Promise<IsoTags['texts']> => (await read(all)).texts;

describe('IsoTags with iTunes items', () => {
  it('reads each kind of item', async () => {
    const all = itunes(
      item('©nam', 'Für Elise'),
      item('©ART', Buffer.from('Bé', 'utf16le').swap16(), 2),
      item('trkn', u16(0, 3, 12, 0), 0),
      item('disk', u16(0, 1, 0), 0),
      item('gnre', u16(18), 0),
      item('©day', '2024'),
    );
    expect(await textsOf(all)).toEqual({
      title: 'Für Elise',
      artist: 'Bé',
      track: '3/12',
      disc: '1',
      genre: '(17)',
      date: '2024',
    });
  });

  it('reads a movie box that follows the audio', async () => {
    const all = Buffer.concat([box('ftyp'), box('mdat', Buffer.alloc(100_000)), itunes(item('©nam', 'a'))]);
    expect(await textsOf(all)).toEqual({ title: 'a' });
  });

  it('prefers items to older texts, and keeps the first of several', async () => {
    const old = box('©nam', u16(3, 0x55c4), Buffer.from('old'));
    const all = movie(box('udta', old, meta(item('©nam', 'new'), item('©nam', 'newer'))));
    expect(await textsOf(all)).toEqual({ title: 'new' });
  });

  it('ignores unknown items', async () => {
    const free = box('----', box('mean', Buffer.from('com.apple.iTunes')), data(UTF_8, Buffer.from('x')));
    const all = itunes(item('©too', 'encoder'), item('©lyr', 'la la'), free, item('©xyz', '+1+2'));
    expect(await textsOf(all)).toEqual({});
  });

  it('ignores items whose values are not text', async () => {
    const all = itunes(item('©nam', hex('ff'), 21), item('gnre', u16(300), 0), item('trkn', u16(0), 0));
    expect(await textsOf(all)).toEqual({});
  });
});

it('reads the keys of QuickTime, with and without a namespace', async () => {
  const key = (name: string): Buffer => box('mdta', Buffer.from(name));
  const keys = ['com.apple.quicktime.title', 'com.apple.quicktime.creationdate', 'album_artist', 'track'];
  const items = ['Song', '2024-07-19T12:33:11+0200', 'Band', '3/12'];
  const all = movie(
    box(
      'meta',
      handler,
      box('keys', u32(0), u32(keys.length), ...keys.map(key)),
      box('ilst', ...items.map((text, index) => item(u32(index + 1).toString('latin1'), text))),
    ),
  );
  expect(await textsOf(all)).toEqual({ title: 'Song', albumArtist: 'Band', track: '3/12' });
});

it('reads the texts of QuickTime in MacRoman and Unicode', async () => {
  const texts = [
    box('©nam', u16(3, 0), hex('468e72')),
    box('©ART', u16(3, 0x55c4), Buffer.from('é!'), u16(5, 1), Buffer.from('other')),
    box('©alb', u16(4, 0x7fff), hex('feff00e9')),
    box('©cmt', u16(9)),
  ];
  expect(await textsOf(movie(box('udta', ...texts)))).toEqual({ title: 'Fér', artist: 'é!', album: 'é' });
});

it('reads the texts of 3GP', async () => {
  const text = (type: string, value: Buffer): Buffer => box(type, u32(0), u16(0x15c7), value);
  const texts = [
    text('titl', Buffer.from('a title\0')),
    // A track number follows the NUL.
    text('albm', Buffer.from('an album\0A')),
    text('perf', hex('feff00e90000')),
    box('yrrc', u32(0), u16(2024)),
  ];
  const expected = { title: 'a title', album: 'an album', artist: 'é', date: '2024' };
  expect(await textsOf(movie(box('udta', ...texts)))).toEqual(expected);
});

describe('the cover', () => {
  const coverOf = async (...pictures: Buffer[]): Promise<string | null> => {
    const all = itunes(box('covr', ...pictures.map((picture) => data(0, picture))), item('©nam', 'a'));
    const { cover, texts } = await read(all);
    expect(texts).toEqual({ title: 'a' });
    if (cover === null) return null;
    return String(pictures.findIndex((picture) => all.subarray(cover.start, cover.end).equals(picture)));
  };

  it('is the first picture whose content is a JPEG or PNG', async () => {
    expect(await coverOf(png)).toBe('0');
    expect(await coverOf(jpeg(2 * 1024 * 1024))).toBe('0');
    expect(await coverOf(Buffer.from('<svg/>'), jpeg(100), png)).toBe('1');
  });

  it.each([
    ['too large', jpeg(2 * 1024 * 1024 + 1)],
    ['a web page', Buffer.from('<html><script>alert(1)</script></html>')],
    ['a drawing', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['another kind of picture', Buffer.from('GIF89a..................')],
    ['empty', Buffer.alloc(0)],
  ])('is not used if it is %s', async (_, picture) => {
    expect(await coverOf(picture)).toBeNull();
  });

  it('is also found by its key', async () => {
    const keys = box('keys', u32(0), u32(1), box('mdta', Buffer.from('com.apple.quicktime.artwork')));
    const { cover } = await read(movie(box('meta', handler, keys, box('ilst', item(u32(1).toString('latin1'), png)))));
    expect(cover).not.toBeNull();
  });
});

it('ignores the tags of tracks, and tags outside of the movie', async () => {
  const tags = box('udta', meta(item('©nam', 'a')));
  expect(await textsOf(Buffer.concat([box('ftyp'), tags, box('moov', box('trak', tags))]))).toEqual({});
});

it('finishes and returns clean texts whichever byte is wrong', async () => {
  const whole = itunes(item('©nam', 'title'), item('trkn', u16(0, 3, 12, 0), 0), box('covr', data(0, png)));
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x40, 0xff]) {
      const bad = Buffer.from(whole);
      bad[at] = value;
      const { texts } = await read(bad);
      expect(JSON.stringify(texts)).not.toMatch(/\\u00|\0/);
    }
  }
});
