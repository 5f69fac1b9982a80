import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareAudio, decodeExactly, sweepSource } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';
import { readMp3Header } from '../mp3/mp3-header.js';

const SECONDS = 1.7;
const LAME = ['-c:a', 'libmp3lame'];

let fixture: TranscoderFixture;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
});

afterAll(() => fixture.remove());

interface Kind {
  readonly container: 'mp4' | 'mov' | 'mkv';
  readonly name: string;
  readonly sampleRate?: number;
  readonly channels?: number;
  readonly options?: readonly string[];
}

const KINDS: readonly Kind[] = [
  { container: 'mp4', name: 'constant bit rate' },
  { container: 'mov', name: 'constant bit rate' },
  { container: 'mkv', name: 'constant bit rate' },
  { container: 'mp4', name: 'variable bit rate, mono', channels: 1, options: ['-q:a', '4'] },
  { container: 'mkv', name: 'variable bit rate, 48 kHz', sampleRate: 48_000, options: ['-q:a', '2'] },
  { container: 'mkv', name: 'MPEG 2, mono', sampleRate: 22_050, channels: 1 },
  { container: 'mp4', name: 'MPEG 2, stereo', sampleRate: 22_050 },
  { container: 'mov', name: 'MPEG 2.5, 8 kbit/s', sampleRate: 8_000, channels: 1, options: ['-b:a', '8k'] },
];

const sweep = (channels = 2, sampleRate = 44_100): string[] => [
  ...['-f', 'lavfi', '-i'],
  sweepSource(SECONDS, channels, sampleRate),
];

/**
 * Returns the time that players must skip at the start of a Matroska file (CodecDelay). ffmpeg 7 writes it for MP3, but
 * no version of ffmpeg applies it.
 */
async function delaySecondsOf(path: string): Promise<number> {
  const head = (await readFile(path)).subarray(0, 1000);
  // The last track is the one with the MP3.
  const at = head.lastIndexOf(Buffer.from('56aa84', 'hex'));
  return at < 0 ? 0 : head.readUInt32BE(at + 3) / 1e9;
}

/** Every sample of the MP3, without its very last ones where the source leaves them out, is the source's. */
async function expectSameSamples(
  sourcePath: string,
  samplesPerSecond = 2 * 44_100,
): Promise<{ source: number; mp3: number }> {
  const [decoded, mp3] = await Promise.all([decodeExactly(sourcePath), decodeExactly(fixture.outputPath)]);
  const source = decoded.slice(Math.round((await delaySecondsOf(sourcePath)) * samplesPerSecond));
  expect(mp3.length).toBeGreaterThan(0);
  expect(Buffer.from(mp3.buffer).equals(Buffer.from(source.buffer, 0, mp3.byteLength))).toBe(true);
  return { source: source.length, mp3: mp3.length };
}

describe('an MP3 track', () => {
  it.each(KINDS)('in $container ($name) is copied and decodes to the same samples', async (kind) => {
    const { container, channels = 2, sampleRate = 44_100, options = [] } = kind;
    const source = await fixture.made(`clip.${container}`, [...sweep(channels, sampleRate), ...LAME, ...options]);
    const { encoding, durationMs } = await fixture.transcode(source);
    expect(encoding).toBe('copied');
    const samples = await expectSameSamples(source, sampleRate * channels);
    // ffmpeg plays the encoder's filling at the end of an MP4, which the MP4 itself says not to.
    if (container === 'mkv') expect(samples.mp3).toBe(samples.source);
    else expect(samples.source - samples.mp3).toBeLessThan(1152 * channels);
    expect(samples.mp3).toBeGreaterThanOrEqual(SECONDS * sampleRate * channels);
    expect(Math.abs(durationMs - (1000 * samples.mp3) / (sampleRate * channels))).toBeLessThan(1);
  });

  it('has the length of the audio before it was encoded, where the container knows it', async () => {
    await fixture.transcode(await fixture.made('clip.mp4', [...sweep(), ...LAME]));
    expect((await decodeExactly(fixture.outputPath)).length).toBe(SECONDS * 44_100 * 2);
  });

  it.each(['mkv', 'mp4', 'mov'])(
    'in %s that begins with its info frame plays as the MP3 that it came from',
    async (container) => {
      const plain = await fixture.made('original.mp3', [...sweep(), ...LAME, '-id3v2_version', '0']);
      const bytes = await readFile(plain);
      const infoBytes = readMp3Header(bytes, 0)?.lengthBytes ?? 0;
      const audio = bytes.subarray(infoBytes);
      // An empty frame in its place goes through ffmpeg, which would take an info frame away.
      const info = Buffer.alloc(readMp3Header(audio, 0)?.lengthBytes ?? 0);
      audio.copy(info, 0, 0, 4);
      const empty = Buffer.from(info);
      bytes.copy(info, 36, 36, infoBytes);
      const raw = join(fixture.folder, 'raw.mp3');
      await writeFile(raw, Buffer.concat([empty, audio]));
      const muxed = await fixture.made(`muxed.${container}`, ['-i', raw, '-c', 'copy']);
      const source = await fixture.changed(muxed, (all) => {
        info.copy(all, all.indexOf(empty));
        return all;
      });
      expect((await fixture.transcode(source)).encoding).toBe('copied');
      const [before, after] = [await decodeExactly(plain), await decodeExactly(fixture.outputPath)];
      expect(Buffer.from(after.buffer).equals(Buffer.from(before.buffer))).toBe(true);
      expect(after.length).toBe(SECONDS * 44_100 * 2);
    },
  );

  it.each([
    ['mp4', 'first packets'],
    ['mkv', 'first packets'],
    ['mp4', 'last packets'],
    ['mkv', 'last packets'],
  ])('in %s without its %s still plays what the source plays', async (container, part) => {
    const clip = await fixture.made(`clip.${container}`, [...sweep(), ...LAME]);
    const cut = part === 'first packets' ? ['-ss', '0.52', '-i', clip] : ['-i', clip, '-t', '1.1'];
    const source = await fixture.made(`cut.${container}`, [...cut, '-c', 'copy']);
    const { encoding } = await fixture.transcode(source);
    if (encoding === 'copied') await expectSameSamples(source);
    const audio = await compareAudio(source, fixture.outputPath);
    const delayMs = encoding === 'copied' ? 1000 * (await delaySecondsOf(source)) : 0;
    expect(Math.abs(audio.durationDifferenceSeconds)).toBeLessThan(0.1);
    expect(Math.abs(audio.lagMs + delayMs)).toBeLessThanOrEqual(1);
    expect(audio.weakestSecond).toBeGreaterThan(0.9);
  });

  it('is copied from among several tracks when it is the one that ffmpeg takes', async () => {
    const two = (name: string, ...more: string[]): Promise<string> =>
      fixture.made(name, [
        ...sweep(),
        ...sweep(),
        '-map',
        '0',
        '-map',
        '1',
        '-c:a:0',
        'aac',
        '-c:a:1',
        'libmp3lame',
        ...more,
      ]);
    const mp3Second = await two('two.mkv', '-disposition:a:0', '0', '-disposition:a:1', 'default');
    expect((await fixture.transcode(mp3Second)).encoding).toBe('copied');
    await expectSameSamples(mp3Second);
    expect((await fixture.transcode(await two('two.mp4'))).encoding).toBe('encoded');
  });

  it.each<[string, () => Promise<string>]>([
    ['whose sample rate changes', async () => joined('-ar', '48000')],
    ['whose channels change', async () => joined('-ac', '1')],
    ['that is MPEG layer II in an MP4', () => fixture.made('two.mp4', [...sweep(), '-c:a', 'mp2'])],
    [
      'in fragments',
      () => fixture.made('fragments.mp4', [...sweep(), ...LAME, '-movflags', 'frag_keyframe+empty_moov']),
    ],
  ])('%s is encoded anew', async (_, make) => {
    const source = await make();
    expect((await fixture.transcode(source)).encoding).toBe('encoded');
  });

  /** Two MP3 streams one after the other, the second one of another kind. */
  async function joined(...options: string[]): Promise<string> {
    const first = await fixture.made('first.mp3', [...sweep(), ...LAME, '-write_xing', '0', '-id3v2_version', '0']);
    const second = await fixture.made('second.mp3', [
      ...sweep(),
      ...LAME,
      ...options,
      '-write_xing',
      '0',
      '-id3v2_version',
      '0',
    ]);
    const both = join(fixture.folder, 'both.mp3');
    await writeFile(both, Buffer.concat([await readFile(first), await readFile(second)]));
    return fixture.made('both.mkv', ['-i', both, '-c', 'copy']);
  }
});

it('that is too long is rejected without an output', async () => {
  const source = await fixture.made('clip.mkv', [...sweep(), ...LAME]);
  await expect(fixture.transcode(source, { MAX_DURATION_SECONDS: 1 })).rejects.toMatchObject({ code: 'too_long' });
  await expect(readFile(fixture.outputPath)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('a damaged MP3 track', () => {
  it('whose first frame lacks its beginning is encoded anew', async () => {
    const clip = await fixture.made('clip.mkv', [...sweep(), ...LAME]);
    const source = await fixture.made('cut.mkv', ['-ss', '0.5', '-i', clip, '-c', 'copy']);
    expect((await fixture.transcode(source)).encoding).toBe('encoded');
  });

  it('is rejected or encoded, never copied in part, no matter which frame is broken', async () => {
    const clip = await fixture.made('clip.mkv', [...sweep(), ...LAME]);
    const whole = await fixture.transcode(clip);
    const bytes = await readFile(clip);
    const header = Buffer.from('fffb92', 'hex');
    let broken = 0;
    for (let at = bytes.indexOf(header); at >= 0 && broken < 4; at = bytes.indexOf(header, at + 1000)) {
      const source = await fixture.changed(clip, (all) => {
        all[at] = 0;
        return all;
      });
      const end = await fixture.transcode(source).then(
        ({ encoding, durationMs }) => `${encoding} ${durationMs >= whole.durationMs}`,
        (error: { code: string }) => error.code,
      );
      expect(end).toMatch(/^(encoded true|corrupt_source)$/);
      broken++;
    }
    expect(broken).toBe(4);
  });
});
