import { describe, expect, it } from 'vitest';
import { EbmlTags } from './ebml-tags.js';

const UNKNOWN_SIZE = Buffer.from('01ffffffffffffff', 'hex');

function element(id: string, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(0x10000000 | body.length);
  return Buffer.concat([Buffer.from(id, 'hex'), size, body]);
}

const live = (id: string, ...payload: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(id, 'hex'), UNKNOWN_SIZE, ...payload]);
const text = (id: string, value: string): Buffer => element(id, Buffer.from(value));
const simple = (name: string, value: string, ...nested: Buffer[]): Buffer =>
  element('67c8', text('45a3', name), text('4487', value), ...nested);
const targets = (...fields: Buffer[]): Buffer => element('63c0', ...fields);
const tag = (...parts: Buffer[]): Buffer => element('7373', ...parts);
const tags = (...list: Buffer[]): Buffer => element('1254c367', ...list);
const song = targets(element('68ca', Buffer.of(30)));
const ofTrack = (uid: string): Buffer => targets(element('63c5', Buffer.from(uid, 'hex')));
const track = (type: number, uid: string): Buffer =>
  element('ae', element('73c5', Buffer.from(uid, 'hex')), element('83', Buffer.of(type)));
const tracks = (...list: Buffer[]): Buffer => element('1654ae6b', ...list);
const info = (title: string): Buffer => element('1549a966', text('7ba9', title));
const cluster = element('1f43b675', Buffer.alloc(100_000));

const head = element('1a45dfa3', element('4282', Buffer.from('matroska')));
const file = (...parts: Buffer[]): Buffer => Buffer.concat([head, element('18538067', ...parts)]);

async function read(all: Buffer): Promise<EbmlTags> {
  const sut = new EbmlTags({
    sizeBytes: all.length,
    bytes: (position, length) => Promise.resolve(all.subarray(position, position + length)),
  });
  await sut.read();
  return sut;
}

const textsOf = async (...parts: Buffer[]): Promise<EbmlTags['texts']> => (await read(file(...parts))).texts;

describe('EbmlTags for a file', () => {
  it('reads known names in upper and lower case', async () => {
    const list = tag(
      simple('ARTIST', 'Bé'),
      simple('part_number', '3'),
      simple('ENCODER', 'Lavf'),
      simple('DURATION', '00:00:01'),
      simple('PURL', 'https://example.com'),
    );
    expect(await textsOf(info('Title'), tags(list))).toEqual({ title: 'Title', artist: 'Bé', track: '3' });
  });

  it('reads tags after the audio, and ends texts at NULs', async () => {
    expect(await textsOf(cluster, cluster, tags(tag(simple('TITLE', 'last\0\0\0'))))).toEqual({ title: 'last' });
  });

  it('reads the tags before the audio of a live recording', async () => {
    const parts = [tags(tag(simple('TITLE', 'live'))), live('1f43b675', Buffer.alloc(50))];
    expect((await read(Buffer.concat([head, live('18538067', ...parts)]))).texts).toEqual({ title: 'live' });
  });

  it('prefers the tags of a song to those of its album', async () => {
    const album = tag(simple('TITLE', 'Album'), simple('ARTIST', 'Band'), simple('DATE_RELEASED', '2024'));
    const both = tags(album, tag(song, simple('TITLE', 'Song'), simple('ARTIST', 'Singer')));
    expect(await textsOf(info('Something'), both)).toEqual({
      title: 'Song',
      artist: 'Singer',
      album: 'Album',
      albumArtist: 'Band',
      date: '2024',
    });
  });

  it('reads the tags of a film', async () => {
    const film = tag(targets(element('68ca', Buffer.of(50))), simple('TITLE', 'Film'), simple('ARTIST', 'Band'));
    expect(await textsOf(tags(film))).toEqual({ title: 'Film', artist: 'Band' });
  });

  it('ignores the tags of a season, a chapter or an attachment', async () => {
    const season = targets(element('68ca', Buffer.of(60)));
    const others = ['63c9', '63c4', '63c6'].map((id) => tag(targets(element(id, Buffer.of(7))), simple('TITLE', id)));
    expect(await textsOf(tags(tag(season, simple('TITLE', 'season')), ...others))).toEqual({});
  });

  it('ignores a tag that is longer than its parent', async () => {
    const long = Buffer.concat([text('45a3', 'TITLE'), text('4487', 'title').subarray(0, -1)]);
    expect(await textsOf(tags(tag(simple('ARTIST', 'Band'), element('67c8', long))))).toEqual({ artist: 'Band' });
  });

  it('ignores nested tags', async () => {
    const nested = simple('ARTIST', 'Band', simple('TITLE', 'nested'));
    expect(await textsOf(tags(tag(nested)))).toEqual({ artist: 'Band' });
  });
});

describe('EbmlTags for a track', () => {
  const list = tags(
    tag(ofTrack('0000a1b2c3d4e5f607'), simple('TITLE', 'track')),
    tag(ofTrack('0b'), simple('TITLE', 'other')),
  );

  it('reads the tags of the only audio track', async () => {
    const all = [tracks(track(1, '0b'), track(2, 'a1b2c3d4e5f607')), list];
    expect(await textsOf(...all)).toEqual({ title: 'track' });
    expect(await textsOf(info('file'), ...all)).toEqual({ title: 'file' });
  });

  it('ignores them if there are several audio tracks', async () => {
    expect(await textsOf(tracks(track(2, '0b'), track(2, 'a1b2c3d4e5f607')), list)).toEqual({});
  });

  it('reads tags for all tracks as those of the file', async () => {
    const all = tags(tag(ofTrack('00'), simple('TITLE', 'all')));
    expect(await textsOf(tracks(track(2, '0b'), track(2, '0c')), all)).toEqual({ title: 'all' });
  });
});

describe('the cover', () => {
  const jpeg = (bytes: number): Buffer =>
    Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(bytes - 4, bytes & 255)]);
  const attached = (name: string, bytes: Buffer): Buffer => element('61a7', text('466e', name), element('465c', bytes));
  const coverOf = async (...files: [string, Buffer][]): Promise<Buffer | null> => {
    const all = file(element('1941a469', ...files.map(([name, bytes]) => attached(name, bytes))), cluster);
    const { cover } = await read(all);
    return cover === null ? null : all.subarray(cover.start, cover.end);
  };
  const [small, other] = [jpeg(50), jpeg(60)];

  it('is the first picture, or the one with the name of a cover', async () => {
    expect(await coverOf(['font.ttf', Buffer.alloc(100)], ['a.jpg', small], ['b.jpg', other])).toEqual(small);
    expect(await coverOf(['a.jpg', small], ['cover.jpg', other], ['Cover.png', small])).toEqual(other);
  });

  it('is detected from its content and size', async () => {
    expect(await coverOf(['cover.jpg', Buffer.from('<html></html>')], ['x', small])).toEqual(small);
    expect(await coverOf(['cover.jpg', jpeg(2 * 1024 * 1024 + 1)])).toBeNull();
    const largest = jpeg(2 * 1024 * 1024);
    expect((await coverOf(['cover.jpg', largest]))?.equals(largest)).toBe(true);
  });
});

it('finishes and returns clean texts whichever byte is wrong', async () => {
  const whole = file(info('a'), tracks(track(2, '0b')), tags(tag(song, simple('TITLE', 'Song'))), tags());
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x40, 0xff]) {
      const bad = Buffer.from(whole);
      bad[at] = value;
      const { texts } = await read(bad);
      expect(JSON.stringify(texts)).not.toMatch(/\\u00|\0/);
    }
  }
});
