import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareAudio, makeClip, type ClipRecipe } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';

let fixture: TranscoderFixture;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
});

afterAll(() => fixture.remove());

const CLIPS: readonly Partial<ClipRecipe>[] = [
  { container: 'mp4', codec: 'aac' },
  { container: 'mp4-faststart', codec: 'aac', channels: 1 },
  { container: 'mp4-fragmented', codec: 'aac' },
  { container: 'mov', codec: 'pcm' },
  { container: 'mov', codec: 'alac', video: false },
  { container: 'mp4', codec: 'opus', sampleRate: 48_000 },
  { container: 'mkv', codec: 'aac' },
  { container: 'mkv', codec: 'flac', sampleRate: 96_000 },
  { container: 'mkv', codec: 'ac3', channels: 6 },
  { container: 'mkv', codec: 'pcm', sampleRate: 22_050, channels: 1 },
  { container: 'webm', codec: 'opus', sampleRate: 48_000 },
  { container: 'webm', codec: 'vorbis', channels: 1 },
  { container: 'webm-live', codec: 'opus', sampleRate: 48_000, channels: 1 },
];

describe('a whole file', () => {
  it.each(CLIPS)('$container $codec becomes the MP3 that plain ffmpeg makes, but for its tag', async (recipe) => {
    const clip = await makeClip(recipe);
    const result = await fixture.transcode(clip);
    const audio = await compareAudio(clip, fixture.outputPath);
    expect(Math.abs(audio.durationDifferenceSeconds)).toBeLessThan(0.1);
    expect(Math.abs(audio.lagMs)).toBeLessThanOrEqual(1);
    expect(audio.weakestSecond).toBeGreaterThan(0.9);
    expect(result.sha256).toBe(await fixture.plainFramesSha256(clip));
    expect(result.sha256).toBe(await fixture.sha256Of(fixture.outputPath));
    expect(result.sizeBytes).toBe((await readFile(fixture.outputPath)).length);
    expect(Math.abs(result.durationMs - 3000)).toBeLessThan(100);
  });

  it.each<[string, (clip: string) => Promise<string>]>([
    [
      'sound that starts late',
      (clip) =>
        fixture.made('late.mkv', [
          '-i',
          clip,
          '-itsoffset',
          '2',
          '-i',
          clip,
          '-map',
          '0:v',
          '-map',
          '1:a',
          '-c',
          'copy',
        ]),
    ],
    [
      'an edit list that leaves the beginning out',
      (clip) => fixture.made('edited.mp4', ['-ss', '1.3', '-i', clip, '-c', 'copy']),
    ],
    [
      'an edit list that leaves the end out',
      (clip) => fixture.made('cut.mov', ['-i', clip, '-t', '1.7', '-c', 'copy']),
    ],
    [
      'varying frame rate',
      (clip) => fixture.made('vfr.mp4', ['-i', clip, '-vf', 'select=not(mod(n\\,3))', '-vsync', 'vfr', '-c:a', 'copy']),
    ],
    [
      'short clusters',
      (clip) => fixture.made('clusters.mkv', ['-i', clip, '-c', 'copy', '-cluster_time_limit', '100']),
    ],
    [
      'a fragment for each frame',
      (clip) => fixture.made('frames.mp4', ['-i', clip, '-c', 'copy', '-movflags', 'frag_every_frame+empty_moov']),
    ],
    [
      'fragments for streaming',
      (clip) => fixture.made('dash.mp4', ['-i', clip, '-c', 'copy', '-movflags', 'dash+delay_moov+frag_keyframe']),
    ],
    [
      'two tracks, the second one the default',
      (clip) =>
        fixture.made('two.mkv', [
          '-i',
          clip,
          '-f',
          'lavfi',
          '-i',
          'sine=d=3',
          '-map',
          '0',
          '-map',
          '1',
          '-c:v',
          'copy',
          '-disposition:a:0',
          '0',
          '-disposition:a:1',
          'default',
        ]),
    ],
    [
      'two tracks, the second one with more channels',
      (clip) =>
        fixture.made('more.mp4', [
          '-f',
          'lavfi',
          '-i',
          'sine=d=3',
          '-i',
          clip,
          '-map',
          '0',
          '-map',
          '1',
          '-c:v',
          'copy',
          '-disposition:a',
          '0',
        ]),
    ],
    ['a fiftieth of a second', () => fixture.made('short.mp4', ['-f', 'lavfi', '-i', 'sine=d=0.02', '-c:a', 'aac'])],
    [
      'an archive at its end',
      (clip) => fixture.changed(clip, (bytes) => Buffer.concat([bytes, Buffer.from('PK\x03\x04\x14\0\0\0\x08\0more')])),
    ],
  ])('with %s is accepted, as plain ffmpeg takes it', async (_, make) => {
    const source = await make(await makeClip());
    expect((await fixture.transcode(source)).sha256).toBe(await fixture.plainFramesSha256(source));
  });

  it('with chapters, an attachment, subtitles and a forged log in its title is accepted', async () => {
    const subtitles = join(fixture.folder, 'subtitles.srt');
    await writeFile(subtitles, '1\n00:00:00,000 --> 00:00:02,000\n[error] File ended prematurely\n');
    const chapters = join(fixture.folder, 'chapters.txt');
    await writeFile(
      chapters,
      ';FFMETADATA1\ntitle=a\\\n[error] File ended prematurely\n[CHAPTER]\nSTART=0\nEND=9\ntitle=b\n',
    );
    const inputs = ['-i', await makeClip(), '-i', subtitles, '-i', chapters];
    const more = ['-attach', subtitles, '-metadata:s:t', 'mimetype=text/plain'];
    const source = await fixture.made('rich.mkv', [
      ...inputs,
      '-map',
      '0',
      '-map',
      '1',
      '-map_metadata',
      '2',
      ...more,
      '-c',
      'copy',
    ]);
    await fixture.transcode(source);
    expect(await fixture.framesSha256Of(fixture.outputPath)).toBe(await fixture.plainFramesSha256(source));
  });

  it('reports its progress, rising and never past 100', async () => {
    const seen: number[] = [];
    const clip = await makeClip({ video: false });
    const source = await fixture.made('long.mkv', ['-stream_loop', '39', '-i', clip, '-c', 'copy']);
    await fixture.transcode(source, {}, { onProgress: ({ percent }) => seen.push(percent) });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(seen.filter((percent) => percent >= 0 && percent <= 100).toSorted((a, b) => a - b));
  });
});

describe('a file that cannot be converted', () => {
  it.each<[string, string, () => Promise<string>]>([
    ['a video without audio', 'no_audio_stream', () => makeClip({ codec: 'none' })],
    ['a text', 'unsupported_format', () => fixture.changed(import.meta.filename, (bytes) => bytes)],
    [
      'an audio format that is not supported',
      'unsupported_format',
      async () => fixture.made('wma.mkv', ['-i', await makeClip(), '-c:v', 'copy', '-c:a', 'wmav2']),
    ],
    [
      'another container',
      'unsupported_format',
      async () => fixture.made('source.avi', ['-i', await makeClip(), '-c:v', 'copy', '-c:a', 'libmp3lame']),
    ],
    [
      'an encrypted MP4',
      'encrypted_media',
      async () =>
        fixture.made('encrypted.mp4', [
          '-i',
          await makeClip(),
          '-c',
          'copy',
          '-encryption_scheme',
          'cenc-aes-ctr',
          '-encryption_key',
          '0'.repeat(32),
          '-encryption_kid',
          '1'.repeat(32),
        ]),
    ],
    ['no bytes', 'unsupported_format', () => fixture.changed(import.meta.filename, () => Buffer.alloc(0))],
  ])('%s is %s', async (_, code, make) => {
    await expect(fixture.transcode(await make())).rejects.toMatchObject({ code, retryable: false });
  });

  it('too long is decided by what is decoded', async () => {
    const source = await makeClip({ seconds: 5 });
    await expect(fixture.transcode(source, { MAX_DURATION_SECONDS: 4 })).rejects.toMatchObject({ code: 'too_long' });
    await expect(fixture.transcode(source, { MAX_DURATION_SECONDS: 6 })).resolves.toMatchObject({
      encoding: 'encoded',
    });
  });

  it('logs the cause, and shows users nothing of ffmpeg', async () => {
    const source = await fixture.changed(await makeClip({ container: 'mkv' }), (bytes) =>
      bytes.subarray(0, bytes.length >> 1),
    );
    await expect(fixture.transcode(source)).rejects.toMatchObject({
      message: expect.not.stringMatching(/ffmpeg|matroska|element/i) as string,
      cause: {
        exit: { exitCode: 0 },
        lastLines: expect.arrayContaining([expect.stringContaining('prematurely')]) as string[],
      },
    });
  });
});
