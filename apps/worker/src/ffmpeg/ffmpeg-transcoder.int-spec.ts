import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareSound, ffmpeg, makeClip, testFfmpegPath, type ClipRecipe } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FfmpegTranscoder } from './ffmpeg-transcoder.js';
import { FfmpegEnv } from './ffmpeg.env.js';
import { chooseSandbox, type Sandbox } from './sandbox.js';
import type { TranscodeProgress, TranscodeResult } from './transcoder.js';

let folder: string;
let sandbox: Sandbox;
let output: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transcoder-'));
  output = join(folder, 'output.mp3');
  sandbox = await chooseSandbox({
    isProduction: false,
    mode: 'relaxed',
    ffmpegPath: testFfmpegPath(),
    log: { warn: () => undefined },
  });
});

afterAll(() => rm(folder, { recursive: true }));

function transcode(
  sourcePath: string,
  settings: Partial<FfmpegEnv> = {},
  onProgress: (progress: TranscodeProgress) => void = () => undefined,
): Promise<TranscodeResult> {
  const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: testFfmpegPath() }, settings);
  const sut = new FfmpegTranscoder(env, sandbox);
  return sut.transcode({ sourcePath, outputPath: output, signal: new AbortController().signal, onProgress });
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** What `ffmpeg -i source -vn output.mp3` gives. */
async function plainSha256(sourcePath: string): Promise<string> {
  const plain = join(folder, 'plain.mp3');
  await ffmpeg(['-i', sourcePath, '-vn', '-y', plain]);
  return sha256Of(plain);
}

async function made(name: string, args: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await ffmpeg([...args, '-y', path]);
  return path;
}

async function changed(sourcePath: string, change: (bytes: Buffer) => Buffer): Promise<string> {
  const path = join(folder, 'changed');
  await writeFile(path, change(await readFile(sourcePath)));
  return path;
}

/** The same "random" numbers below `limit` on every run. */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const CLIPS: readonly Partial<ClipRecipe>[] = [
  { container: 'mp4', codec: 'aac' },
  { container: 'mp4-faststart', codec: 'aac', channels: 1 },
  { container: 'mp4-fragmented', codec: 'aac' },
  { container: 'mov', codec: 'pcm' },
  { container: 'mov', codec: 'alac', video: false },
  { container: 'mp4', codec: 'opus', sampleRate: 48_000 },
  { container: 'mkv', codec: 'aac' },
  { container: 'mkv', codec: 'mp3', channels: 1 },
  { container: 'mkv', codec: 'flac', sampleRate: 96_000 },
  { container: 'mkv', codec: 'ac3', channels: 6 },
  { container: 'mkv', codec: 'pcm', sampleRate: 22_050, channels: 1 },
  { container: 'webm', codec: 'opus', sampleRate: 48_000 },
  { container: 'webm', codec: 'vorbis', channels: 1 },
  { container: 'webm-live', codec: 'opus', sampleRate: 48_000, channels: 1 },
];

describe('a whole file', () => {
  it.each(CLIPS)('$container $codec becomes the MP3 that plain ffmpeg makes', async (recipe) => {
    const clip = await makeClip(recipe);
    const result = await transcode(clip);
    const sound = await compareSound(clip, output);
    expect(Math.abs(sound.durationDifferenceSeconds)).toBeLessThan(0.1);
    expect(Math.abs(sound.lagMs)).toBeLessThanOrEqual(1);
    expect(sound.weakestSecond).toBeGreaterThan(0.9);
    expect(result.sha256).toBe(await plainSha256(clip));
    expect(result.sha256).toBe(await sha256Of(output));
    expect(result.sizeBytes).toBe((await readFile(output)).length);
    expect(Math.abs(result.durationMs - 3000)).toBeLessThan(100);
  });

  it.each<[string, (clip: string) => Promise<string>]>([
    [
      'sound that starts late',
      (clip) =>
        made('late.mkv', ['-i', clip, '-itsoffset', '2', '-i', clip, '-map', '0:v', '-map', '1:a', '-c', 'copy']),
    ],
    [
      'an edit list that leaves the beginning out',
      (clip) => made('edited.mp4', ['-ss', '1.3', '-i', clip, '-c', 'copy']),
    ],
    ['an edit list that leaves the end out', (clip) => made('cut.mov', ['-i', clip, '-t', '1.7', '-c', 'copy'])],
    [
      'varying frame rate',
      (clip) => made('vfr.mp4', ['-i', clip, '-vf', 'select=not(mod(n\\,3))', '-vsync', 'vfr', '-c:a', 'copy']),
    ],
    ['short clusters', (clip) => made('clusters.mkv', ['-i', clip, '-c', 'copy', '-cluster_time_limit', '100'])],
    [
      'a fragment for each frame',
      (clip) => made('frames.mp4', ['-i', clip, '-c', 'copy', '-movflags', 'frag_every_frame+empty_moov']),
    ],
    [
      'fragments for streaming',
      (clip) => made('dash.mp4', ['-i', clip, '-c', 'copy', '-movflags', 'dash+delay_moov+frag_keyframe']),
    ],
    [
      'two tracks, the second one the default',
      (clip) =>
        made('two.mkv', [
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
        made('more.mp4', [
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
    ['a fiftieth of a second', () => made('short.mp4', ['-f', 'lavfi', '-i', 'sine=d=0.02', '-c:a', 'aac'])],
    [
      'an archive at its end',
      (clip) => changed(clip, (bytes) => Buffer.concat([bytes, Buffer.from('PK\x03\x04\x14\0\0\0\x08\0more')])),
    ],
  ])('with %s is accepted, as plain ffmpeg takes it', async (_, make) => {
    const source = await make(await makeClip());
    expect((await transcode(source)).sha256).toBe(await plainSha256(source));
  });

  it('with chapters, an attachment, subtitles and a forged log in its title is accepted', async () => {
    const subtitles = join(folder, 'subtitles.srt');
    await writeFile(subtitles, '1\n00:00:00,000 --> 00:00:02,000\n[error] File ended prematurely\n');
    const chapters = join(folder, 'chapters.txt');
    await writeFile(
      chapters,
      ';FFMETADATA1\ntitle=a\\\n[error] File ended prematurely\n[CHAPTER]\nSTART=0\nEND=9\ntitle=b\n',
    );
    const inputs = ['-i', await makeClip(), '-i', subtitles, '-i', chapters];
    const more = ['-attach', subtitles, '-metadata:s:t', 'mimetype=text/plain'];
    const source = await made('rich.mkv', [
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
    expect((await transcode(source)).sha256).toBe(await plainSha256(source));
  });

  it('reports its progress, rising and never past 100', async () => {
    const seen: number[] = [];
    const clip = await makeClip({ video: false });
    const source = await made('long.mkv', ['-stream_loop', '39', '-i', clip, '-c', 'copy']);
    await transcode(source, {}, ({ percent }) => seen.push(percent));
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(seen.filter((percent) => percent >= 0 && percent <= 100).toSorted((a, b) => a - b));
  });
});

describe('a file cut short', () => {
  const ways: readonly Partial<ClipRecipe>[] = [
    { container: 'mp4-faststart' },
    { container: 'mp4-fragmented' },
    { container: 'mkv' },
    { container: 'webm', codec: 'opus' },
    { container: 'webm-live', codec: 'vorbis' },
  ];

  it.each(ways)('$container is corrupt, wherever it is cut', async (recipe) => {
    const clip = await makeClip(recipe);
    const random = seeded(11);
    for (let round = 0; round < 8; round++) {
      let length = 0;
      const source = await changed(clip, (bytes) => bytes.subarray(0, (length = 64 + random(bytes.length - 64))));
      await expect(transcode(source), `cut at ${length}`).rejects.toMatchObject({ code: 'corrupt_source' });
    }
  });

  it.each(ways)('$container is corrupt, without its last bytes', async (recipe) => {
    const clip = await makeClip(recipe);
    for (const missing of [1, 8]) {
      const source = await changed(clip, (bytes) => bytes.subarray(0, -missing));
      await expect(transcode(source), `${missing} missing`).rejects.toMatchObject({ code: 'corrupt_source' });
    }
  });

  it('leaves no output behind', async () => {
    const source = await changed(await makeClip({ container: 'mkv' }), (bytes) => bytes.subarray(0, bytes.length >> 1));
    await expect(transcode(source)).rejects.toMatchObject({ code: 'corrupt_source' });
    await expect(readFile(output)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a file with flipped bits', () => {
  it.each<Partial<ClipRecipe>>([
    { container: 'mp4-faststart' },
    { container: 'mp4-fragmented' },
    { container: 'mkv' },
    { container: 'webm', codec: 'vorbis' },
    { container: 'webm-live', codec: 'opus' },
  ])('$container is never taken with part of its sound', async (recipe) => {
    const clip = await makeClip(recipe);
    const whole = await transcode(clip);
    const random = seeded(23);
    let refused = 0;
    for (let round = 0; round < 12; round++) {
      const source = await changed(clip, (bytes) => flipBits(bytes, random));
      const durationMs = await transcode(source).then(
        (result) => result.durationMs,
        (error: unknown) => {
          expect(error).toMatchObject({
            code: expect.stringMatching(/corrupt_source|unsupported_format|no_audio_stream/) as string,
          });
          refused++;
          return whole.durationMs;
        },
      );
      expect(durationMs).toBeGreaterThanOrEqual(whole.durationMs);
    }
    expect(refused).toBeGreaterThan(0);
  });

  /** Mostly where the structure stands: at the beginning. */
  function flipBits(bytes: Buffer, random: (limit: number) => number): Buffer {
    for (const limit of [bytes.length, bytes.length, bytes.length / 20]) {
      const at = random(limit);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
    }
    return bytes;
  }
});

describe('a file that cannot be converted', () => {
  it.each<[string, string, () => Promise<string>]>([
    ['a video without sound', 'no_audio_stream', () => makeClip({ codec: 'none' })],
    ['a text', 'unsupported_format', () => changed(import.meta.filename, (bytes) => bytes)],
    [
      'a sound format that is not read here',
      'unsupported_format',
      async () => made('wma.mkv', ['-i', await makeClip(), '-c:v', 'copy', '-c:a', 'wmav2']),
    ],
    [
      'another container',
      'unsupported_format',
      async () => made('source.avi', ['-i', await makeClip(), '-c:v', 'copy', '-c:a', 'libmp3lame']),
    ],
    [
      'an encrypted MP4',
      'encrypted_media',
      async () =>
        made('encrypted.mp4', [
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
    ['no bytes', 'unsupported_format', () => changed(import.meta.filename, () => Buffer.alloc(0))],
  ])('%s is %s', async (_, code, make) => {
    await expect(transcode(await make())).rejects.toMatchObject({ code, retryable: false });
  });

  it('too long is decided by what is decoded', async () => {
    const source = await makeClip({ seconds: 5 });
    await expect(transcode(source, { MAX_DURATION_SECONDS: 4 })).rejects.toMatchObject({ code: 'too_long' });
    await expect(transcode(source, { MAX_DURATION_SECONDS: 6 })).resolves.toMatchObject({ encoding: 'encoded' });
  });

  it('tells the log what happened, and the user nothing of ffmpeg', async () => {
    const source = await changed(await makeClip({ container: 'mkv' }), (bytes) => bytes.subarray(0, bytes.length >> 1));
    await expect(transcode(source)).rejects.toMatchObject({
      message: expect.not.stringMatching(/ffmpeg|matroska|element/i) as string,
      cause: {
        exit: { exitCode: 0 },
        lastLines: expect.arrayContaining([expect.stringContaining('prematurely')]) as string[],
      },
    });
  });
});
