import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpeg, testFfmpegPath } from './ffmpeg-run.js';

export type Container = 'mp4' | 'mp4-faststart' | 'mp4-fragmented' | 'mov' | 'mkv' | 'webm' | 'webm-live';
export type AudioCodec = 'aac' | 'opus' | 'vorbis' | 'mp3' | 'flac' | 'alac' | 'ac3' | 'pcm';

/** The content of a test clip. */
export interface ClipRecipe {
  readonly container: Container;
  readonly codec: AudioCodec | 'none';
  readonly channels: 1 | 2 | 6;
  readonly seconds: number;
  readonly sampleRate: number;
  readonly video: boolean;
  /** More ffmpeg output options, placed before the file name. */
  readonly extra: readonly string[];
}

interface Packaging {
  readonly extension: string;
  readonly options: readonly string[];
}

const PACKAGING: Record<Container, Packaging> = {
  mp4: { extension: 'mp4', options: [] },
  'mp4-faststart': { extension: 'mp4', options: ['-movflags', '+faststart'] },
  'mp4-fragmented': { extension: 'mp4', options: ['-movflags', '+frag_keyframe+empty_moov+default_base_moof'] },
  mov: { extension: 'mov', options: [] },
  mkv: { extension: 'mkv', options: [] },
  webm: { extension: 'webm', options: [] },
  'webm-live': { extension: 'webm', options: ['-live', '1'] },
};

const AUDIO_CODECS: Record<AudioCodec, readonly string[]> = {
  aac: ['-c:a', 'aac'],
  opus: ['-c:a', 'libopus'],
  vorbis: ['-c:a', 'libvorbis'],
  mp3: ['-c:a', 'libmp3lame'],
  flac: ['-c:a', 'flac'],
  alac: ['-c:a', 'alac'],
  ac3: ['-c:a', 'ac3'],
  pcm: ['-c:a', 'pcm_s16le'],
};

const made = new Map<string, Promise<string>>();

/**
 * Makes a clip with the generators of ffmpeg and returns its path. Its audio is two sweeps, one rising and one falling,
 * so that all seconds differ. The same recipe is made once.
 */
export function makeClip(overrides: Partial<ClipRecipe> = {}): Promise<string> {
  const recipe: ClipRecipe = {
    container: 'mp4',
    codec: 'aac',
    channels: 2,
    seconds: 3,
    sampleRate: 44_100,
    video: true,
    extra: [],
    ...overrides,
  };
  return makeMedia(PACKAGING[recipe.container].extension, clipArguments(recipe));
}

/** Makes a file with ffmpeg, from its generators and other such files only. The same arguments are used once. */
export function makeMedia(extension: string, args: readonly string[]): Promise<string> {
  const key = [extension, ...args].join(' ');
  const making = made.get(key) ?? generate(extension, args);
  made.set(key, making);
  return making;
}

/**
 * The folder of test media: of the test runner, or one that later runs reuse. All test processes of a user share it.
 */
export function mediaFolder(): string {
  // oxlint-disable-next-line node/no-process-env -- the test runner passes its services in variables
  const folder =
    process.env.TEST_MEDIA_DIRECTORY ?? join(tmpdir(), `video-to-mp3-media-${process.getuid?.() ?? 'any'}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Returns the lavfi expression of the test audio. */
export function sweepSource(seconds: number, channels: number, sampleRate = 44_100): string {
  const rising = `0.4*sin(2*PI*(220*t+${1900 / seconds}*t*t))`;
  const falling = `0.4*sin(2*PI*(5200*t-${1700 / seconds}*t*t))`;
  const voices = Array.from({ length: channels }, (_, index) => (index % 2 === 0 ? rising : falling));
  return `aevalsrc=exprs=${voices.join('|')}:s=${sampleRate}:d=${seconds}${channels === 6 ? ':c=5.1' : ''}`;
}

async function generate(extension: string, args: readonly string[]): Promise<string> {
  // Another version of ffmpeg makes another clip.
  const name = createHash('sha256')
    .update([testFfmpegPath(), ...args].join('\0'))
    .digest('hex')
    .slice(0, 16);
  const path = join(mediaFolder(), `${name}.${extension}`);
  if (existsSync(path)) return path;
  const unfinished = join(mediaFolder(), `${name}.${process.pid}.${extension}`);
  await ffmpeg([...args, '-y', unfinished]);
  await rename(unfinished, path);
  return path;
}

function clipArguments(recipe: ClipRecipe): readonly string[] {
  const { container, codec, channels, seconds, sampleRate, video, extra } = recipe;
  return [
    ...(video ? ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=10:d=${seconds}`] : []),
    ...(codec === 'none' ? [] : ['-f', 'lavfi', '-i', sweepSource(seconds, channels, sampleRate)]),
    ...videoCodec(recipe),
    ...(codec === 'none' ? [] : AUDIO_CODECS[codec]),
    ...PACKAGING[container].options,
    ...extra,
  ];
}

function videoCodec({ container, video }: ClipRecipe): readonly string[] {
  if (!video) return [];
  // A fixed speed (negative), because otherwise a busy machine makes other bytes, and damage to them differs.
  return container.startsWith('webm')
    ? ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8']
    : ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10'];
}
