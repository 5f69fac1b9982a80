import { readFile, stat } from 'node:fs/promises';
import { amrStream, heAacStream, type AmrStream } from '@app/testing';
import { SECONDS, sweep, type Workbench } from './workbench.js';

const ISO_CONTAINERS = ['mp4', 'm4v', 'mov', '3gp'];

export const CONTAINERS = [...ISO_CONTAINERS, 'mkv', 'webm'];

/** A kind of audio: its source and how it is put into a container. */
interface AudioKind {
  readonly input: (bench: Workbench) => Promise<readonly string[]>;
  readonly codec: readonly string[];
}

/** Encoded by ffmpeg. Some of its encoders are marked as experimental. */
const encoded = (...codec: string[]): AudioKind => ({
  input: () => Promise.resolve(sweep()),
  codec: ['-c:a', ...codec, '-strict', '-2'],
});

/** Written by the tests, because no free encoder exists. */
const HE_AAC: AudioKind = {
  input: async (bench) => {
    const core = await bench.made('aac', sweep(1, 22_050), '-c:a', 'aac', '-flags', '+bitexact');
    return ['-i', await bench.written('aac', heAacStream(await readFile(core)))];
  },
  codec: ['-c:a', 'copy'],
};

const amr = (kind: AmrStream['kind']): AudioKind => ({
  input: async (bench) => ['-i', await bench.written('amr', amrStream({ kind, seconds: SECONDS }))],
  codec: ['-c:a', 'copy'],
});

const pcm = (format: string): AudioKind => encoded(`pcm_${format}`);

export const AUDIO_KINDS: Readonly<Record<string, AudioKind>> = {
  'AAC-LC': encoded('aac'),
  'HE-AAC': HE_AAC,
  ALAC: encoded('alac'),
  FLAC: encoded('flac'),
  MP3: encoded('libmp3lame'),
  MP2: encoded('mp2'),
  Opus: encoded('libopus'),
  Vorbis: encoded('libvorbis'),
  'AC-3': encoded('ac3'),
  'E-AC-3': encoded('eac3'),
  DTS: encoded('dca'),
  TrueHD: encoded('truehd'),
  MLP: encoded('mlp'),
  'AMR-NB': amr('narrow'),
  'AMR-WB': amr('wide'),
  'PCM, 8 bit': pcm('u8'),
  'PCM, 8 bit, signed': pcm('s8'),
  'PCM, 16 bit': pcm('s16le'),
  'PCM, 16 bit, big-endian': pcm('s16be'),
  'PCM, 24 bit': pcm('s24le'),
  'PCM, 24 bit, big-endian': pcm('s24be'),
  'PCM, 32 bit': pcm('s32le'),
  'PCM, 32 bit, big-endian': pcm('s32be'),
  'PCM, 32 bit float': pcm('f32le'),
  'PCM, 32 bit float, big-endian': pcm('f32be'),
  'PCM, 64 bit float': pcm('f64le'),
  'PCM, 64 bit float, big-endian': pcm('f64be'),
  'PCM, A-law': pcm('alaw'),
  'PCM, µ-law': pcm('mulaw'),
};

/** The largest file of a failed run: empty, or the beginning of a header. */
const MAX_REMAINS_BYTES = 1024;

type Video = readonly [container: string, path: string];

/** Makes a video with this audio in each container that supports it in ffmpeg. */
export async function videosWith(audio: AudioKind, bench: Workbench): Promise<Video[]> {
  const [input, h264, vp8] = await Promise.all([audio.input(bench), bench.video('h264'), bench.video('vp8')]);
  const streams = (video: string): string[] => [
    ...[...input, '-i', video, '-map', '0:a', '-map', '1:v'],
    ...['-c:v', 'copy', ...audio.codec],
  ];
  return [
    ...(await videosIn(ISO_CONTAINERS, streams(h264), bench)),
    // Separately, because the others pass on a codec tag that these reject.
    ...(await videosIn(['mkv'], streams(h264), bench)),
    ...(await videosIn(['webm'], streams(vp8), bench)),
  ];
}

/** Runs ffmpeg once for several containers; it continues while one of them supports the audio. */
async function videosIn(containers: readonly string[], streams: string[], bench: Workbench): Promise<Video[]> {
  const videos = containers.map((container): Video => [container, bench.path(container)]);
  const [[, first] = ['', '']] = videos;
  const outputs = videos.map(([, path]) => `[onfail=ignore]${path}`).join('|');
  try {
    await bench.run(streams, videos.length === 1 ? [first] : ['-f', 'tee', outputs]);
  } catch (error) {
    // An exit code means that none of them supports it.
    if (typeof (error as { code?: unknown }).code === 'number') return [];
    throw error;
  }
  const sizes = await Promise.all(videos.map(async ([, path]) => (await stat(path)).size));
  return videos.filter((_, index) => (sizes[index] ?? 0) > MAX_REMAINS_BYTES);
}
