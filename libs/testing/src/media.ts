import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpeg } from './ffmpeg-run.js';

export type Container = 'mp4' | 'mp4-faststart' | 'mp4-fragmented' | 'mov' | 'mkv' | 'webm' | 'webm-live';
export type SoundCodec = 'aac' | 'opus' | 'vorbis' | 'mp3' | 'flac' | 'alac' | 'ac3' | 'pcm';

/** What a test clip holds. */
export interface ClipRecipe {
  readonly container: Container;
  readonly codec: SoundCodec | 'none';
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

const SOUND_CODECS: Record<SoundCodec, readonly string[]> = {
  aac: ['-c:a', 'aac'],
  opus: ['-c:a', 'libopus'],
  vorbis: ['-c:a', 'libvorbis'],
  mp3: ['-c:a', 'libmp3lame'],
  flac: ['-c:a', 'flac'],
  alac: ['-c:a', 'alac'],
  ac3: ['-c:a', 'ac3'],
  pcm: ['-c:a', 'pcm_s16le'],
};

let folder: string | undefined;
const made = new Map<string, Promise<string>>();

/**
 * Makes a clip with ffmpeg's generators and returns its path. Its sound is a pair of sweeps, one rising and one
 * falling, so that no second sounds like another. The same recipe is made once per test process.
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
  const name = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const known = made.get(name);
  if (known !== undefined) return known;
  const making = generate(recipe, name);
  made.set(name, making);
  return making;
}

/** Where test media lies: the test runner's folder, shared by all test processes, or one that goes with this process. */
export function mediaFolder(): string {
  folder ??= openFolder();
  return folder;
}

/** The lavfi expression of the test sound. */
export function sweepSource(seconds: number, channels: number, sampleRate = 44_100): string {
  const rising = `0.4*sin(2*PI*(220*t+${1900 / seconds}*t*t))`;
  const falling = `0.4*sin(2*PI*(5200*t-${1700 / seconds}*t*t))`;
  const voices = Array.from({ length: channels }, (_, index) => (index % 2 === 0 ? rising : falling));
  return `aevalsrc=exprs=${voices.join('|')}:s=${sampleRate}:d=${seconds}${channels === 6 ? ':c=5.1' : ''}`;
}

function openFolder(): string {
  // oxlint-disable-next-line node/no-process-env -- the test runner hands its services over in variables
  const shared = process.env.TEST_MEDIA_DIRECTORY;
  const path = shared ?? join(tmpdir(), `video-to-mp3-media-${process.pid}`);
  mkdirSync(path, { recursive: true });
  if (shared === undefined) process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function generate(recipe: ClipRecipe, name: string): Promise<string> {
  const { extension, options } = PACKAGING[recipe.container];
  const path = join(mediaFolder(), `${name}.${extension}`);
  const unfinished = join(mediaFolder(), `${name}.${process.pid}.${extension}`);
  if (existsSync(path)) return path;
  const inputs = [
    ...(recipe.video ? ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=10:d=${recipe.seconds}`] : []),
    ...(recipe.codec === 'none'
      ? []
      : ['-f', 'lavfi', '-i', sweepSource(recipe.seconds, recipe.channels, recipe.sampleRate)]),
  ];
  const sound = recipe.codec === 'none' ? [] : SOUND_CODECS[recipe.codec];
  await ffmpeg([...inputs, ...videoCodec(recipe), ...sound, ...options, ...recipe.extra, '-y', unfinished]);
  await rename(unfinished, path);
  return path;
}

function videoCodec({ container, video }: ClipRecipe): readonly string[] {
  if (!video) return [];
  return container.startsWith('webm')
    ? ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']
    : ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10'];
}
