import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeExactly, ffmpeg, sweepSource } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';
import { readMp3File } from '../mp3/mp3-file.js';
import { readTags } from '../tags/read-tags.js';

const TEXTS = {
  title: 'Für Élise – 月光 🎹',
  artist: 'The = ; # Band',
  album: 'TIT2\\evil',
  album_artist: 'Various',
  composer: 'L. v. B.',
  genre: 'Jazz',
  date: '2024-05-03',
  track: '3/12',
  disc: '1/2',
  comment: 'ünder the moon',
  copyright: '(c) nobody',
};
const INTERNALS = { location: '+1+2', description: 'none', purl: 'https://example.com', anything: 'else' };
const WITH_TEXTS = Object.entries({ ...TEXTS, ...INTERNALS }).flatMap(([key, text]) => ['-metadata', `${key}=${text}`]);
const AUDIO = ['-f', 'lavfi', '-i', sweepSource(0.5, 2)];
const CHAPTERS = ';FFMETADATA1\n[CHAPTER]\nSTART=0\nEND=9\ntitle=a chapter\n';

let fixture: TranscoderFixture;
let pictures: Record<'jpg' | 'png', string>;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
  const picture = (name: string): Promise<string> =>
    fixture.made(name, ['-f', 'lavfi', '-i', 'testsrc=s=64x64:d=1', '-frames:v', '1']);
  pictures = { jpg: await picture('picture.jpg'), png: await picture('picture.png') };
});

afterAll(() => fixture.remove());

/** Returns the metadata of the output, read by ffmpeg. */
async function readMetadata(): Promise<Record<string, string>> {
  const document = (await ffmpeg(['-i', fixture.outputPath, '-f', 'ffmetadata', '-'])).toString();
  const lines = document.matchAll(/^(\w+)=((?:\\[^]|[^\\\n])*)$/gm);
  const texts = Object.fromEntries(
    [...lines].map(([, key = '', value = '']) => [key, value.replace(/\\([^])/g, '$1')]),
  );
  expect(document).not.toContain('[CHAPTER]');
  // ffmpeg adds this field itself.
  delete texts.encoder;
  return texts;
}

const readPicture = (): Promise<Buffer> =>
  ffmpeg(['-i', fixture.outputPath, '-map', '0:v', '-c', 'copy', '-f', 'image2pipe', '-']);

interface Kind {
  readonly name: string;
  readonly options: readonly string[];
  readonly encoding?: 'copied';
  readonly cover?: 'jpg' | 'png';
  /** Those that the container cannot hold. */
  readonly missing?: readonly (keyof typeof TEXTS)[];
}

const MP3 = ['-c:a', 'libmp3lame'];
const KINDS: readonly Kind[] = [
  { name: 'items.mp4', options: ['-c:a', 'aac'], cover: 'jpg' },
  { name: 'copied.mp4', options: MP3, cover: 'png', encoding: 'copied' },
  { name: 'fragments.mp4', options: ['-movflags', 'frag_keyframe+empty_moov'] },
  { name: 'keys.mp4', options: ['-c:a', 'alac', '-movflags', 'use_metadata_tags'] },
  { name: 'sound.m4a', options: [], cover: 'jpg' },
  { name: 'texts.mov', options: ['-c:a', 'pcm_s16le'], missing: ['album_artist', 'composer', 'track', 'disc'] },
  {
    name: 'texts.3gp',
    options: ['-c:a', 'aac'],
    missing: ['album_artist', 'composer', 'track', 'disc', 'comment'],
  },
  { name: 'tags.mkv', options: ['-c:a', 'flac'], cover: 'png' },
  { name: 'copied.mkv', options: MP3, cover: 'jpg', encoding: 'copied' },
  { name: 'tags.webm', options: ['-c:a', 'libopus'] },
  { name: 'live.webm', options: ['-c:a', 'libopus', '-live', '1'] },
];

async function madeSource({ name, options, cover }: Kind): Promise<string> {
  const chapters = join(fixture.folder, 'chapters.txt');
  await writeFile(chapters, CHAPTERS);
  const inputs = [...AUDIO, '-i', chapters, '-map', '0', '-map_metadata', '0', '-map_chapters', '1'];
  if (cover === undefined) return fixture.made(name, [...inputs, ...options, ...WITH_TEXTS]);
  const attached = ['-attach', pictures[cover], '-metadata:s:t', `mimetype=image/${cover === 'jpg' ? 'jpeg' : 'png'}`];
  if (name.endsWith('.mkv')) return fixture.made(name, [...inputs, ...options, ...WITH_TEXTS, ...attached]);
  const [audio, rest] = [inputs.slice(0, 6), inputs.slice(6)];
  const stream = ['-map', '2', '-c:v', 'copy', '-disposition:v', 'attached_pic'];
  return fixture.made(name, [...audio, '-i', pictures[cover], ...rest, ...stream, ...options, ...WITH_TEXTS]);
}

describe('the output', () => {
  it.each(KINDS)('of $name bears its tags and its cover, and nothing else', async (kind) => {
    const { encoding = 'encoded', cover, missing = [] } = kind;
    const source = await madeSource(kind);
    expect((await fixture.transcode(source)).encoding).toBe(encoding);
    const expected = Object.entries(TEXTS).filter(([key]) => !missing.includes(key as keyof typeof TEXTS));
    const isYearOnly = kind.name.endsWith('.3gp');
    expect(await readMetadata()).toEqual({ ...Object.fromEntries(expected), ...(isYearOnly ? { date: '2024' } : {}) });
    if (cover !== undefined) expect(await readPicture()).toEqual(await readFile(pictures[cover]));
    else await expect(readPicture()).rejects.toThrow(/matches no streams/);
  });

  it.each([
    ['encoded', ['-c:a', 'aac']],
    ['copied', MP3],
  ])('that is %s has the same frames as without tags', async (encoding, options) => {
    const tagged = await madeSource({ name: 'tagged.mkv', options, cover: 'jpg' });
    const { durationMs } = await fixture.transcode(tagged);
    const { summary } = await readMp3File(fixture.outputPath, new AbortController().signal);
    expect(summary.tagBytes).toBeGreaterThan((await readFile(pictures.jpg)).length);
    const [frames, audio] = [await fixture.framesSha256Of(fixture.outputPath), await decodeExactly(fixture.outputPath)];

    const bare = await fixture.made('bare.mkv', [...AUDIO, ...options]);
    expect(await fixture.transcode(bare)).toMatchObject({ encoding, durationMs, sha256: frames });
    expect(await decodeExactly(fixture.outputPath)).toEqual(audio);
  });
});

describe('hostile tags', () => {
  const u32 = (value: number): Buffer => Buffer.of(value >>> 24, value >>> 16, value >>> 8, value);
  const box = (type: string, ...payload: Buffer[]): Buffer => {
    const body = Buffer.concat(payload);
    return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body]);
  };
  const item = (type: string, value: Buffer | string): Buffer =>
    box(type, box('data', u32(1), u32(0), Buffer.from(value as string)));

  /** A clip whose movie box, the last one, ends with these items. */
  async function clipWith(items: readonly Buffer[]): Promise<string> {
    const clip = await fixture.made('clip.mp4', [...AUDIO, '-c:a', 'aac', '-fflags', '+bitexact']);
    const handler = box('hdlr', u32(0), u32(0), Buffer.from('mdirappl'), Buffer.alloc(9));
    const userData = box('udta', box('meta', u32(0), handler, box('ilst', ...items)));
    return fixture.changed(clip, (all) => {
      const movie = all.lastIndexOf('moov') - 4;
      all.writeUInt32BE(all.readUInt32BE(movie) + userData.length, movie);
      return Buffer.concat([all, userData]);
    });
  }

  const jpeg = (bytes: number): Buffer => Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(bytes - 4)]);

  it.each<[string, Buffer[], Record<string, string>]>([
    ['a title of ten megabytes', [item('©nam', 'é'.repeat(5_000_000))], { title: 'é'.repeat(512) }],
    [
      'half a million tags',
      [item('©nam', 'first'), Buffer.concat(Array<Buffer>(500_000).fill(item('©xxx', 'x'))), item('©ART', 'last')],
      { title: 'first' },
    ],
    ['NULs, line ends and turned text', [item('©nam', 'a\0b\nc\u202ed')], { title: 'a b cd' }],
    ['wrong UTF-8', [item('©nam', Buffer.from('61ff62', 'hex'))], { title: 'a\ufffdb' }],
    ['a picture of 3 MiB', [item('covr', jpeg(3 << 20)), item('©nam', 'a')], { title: 'a' }],
    ['a page for a picture', [item('covr', '<html><script>1</script></html>'), item('©nam', 'a')], { title: 'a' }],
    ['a tag longer than its list', [item('©nam', 'a'), item('©ART', 'b').subarray(0, -1)], { title: 'a' }],
  ])('%s: no harm is done', async (_, items, expected) => {
    await fixture.transcode(await clipWith(items));
    expect(await readMetadata()).toEqual(expected);
    await expect(readPicture()).rejects.toThrow(/matches no streams/);
  });

  it('leave the largest cover that is allowed in one piece', async () => {
    const cover = jpeg(2 << 20);
    const { sizeBytes } = await fixture.transcode(await clipWith([item('covr', cover)]));
    const mp3 = await readFile(fixture.outputPath);
    expect(mp3).toHaveLength(sizeBytes);
    expect(mp3.indexOf(cover)).toBeGreaterThan(0);
  });

  it('hide no damage', async () => {
    const source = await madeSource({ name: 'whole.mkv', options: ['-c:a', 'aac'], cover: 'jpg' });
    await fixture.transcode(source);
    await truncate(source, (await readFile(source)).length - 1000);
    await expect(fixture.transcode(source)).rejects.toMatchObject({ code: 'corrupt_source' });
    await expect(readFile(fixture.outputPath)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('reading tags', () => {
  it('fails for nothing but a stop', async () => {
    const missing = join(fixture.folder, 'missing.mkv');
    expect(await readTags(missing, new AbortController().signal)).toEqual({ texts: {}, cover: null });
    await expect(readTags(missing, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
