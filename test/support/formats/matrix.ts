import { readFile, stat } from 'node:fs/promises';
import { amrStream, heAacStream, type AmrStream } from '@app/testing';
import { SECONDS, sweep, type Workbench } from './workbench.js';

export const CONTAINERS = ['mp4', 'm4v', 'mov', '3gp', 'mkv', 'webm'] as const;

/** A kind of sound: where it comes from, and how it gets into a container. */
interface Sound {
  readonly input: (bench: Workbench) => Promise<readonly string[]>;
  readonly codec: readonly string[];
}

/** Encoded by ffmpeg. Some of its encoders call themselves experimental. */
const encoded = (...codec: string[]): Sound => ({
  input: () => Promise.resolve(sweep()),
  codec: ['-c:a', ...codec, '-strict', '-2'],
});

/** Written here, because no free encoder makes it. */
const HE_AAC: Sound = {
  input: async (bench) => {
    const core = await bench.made('aac', sweep(1, 22_050), '-c:a', 'aac', '-flags', '+bitexact');
    return ['-i', await bench.written('aac', heAacStream(await readFile(core)))];
  },
  codec: ['-c:a', 'copy'],
};

const amr = (kind: AmrStream['kind']): Sound => ({
  input: async (bench) => {
    const stream = await bench.written('amr', amrStream({ kind, seconds: SECONDS }));
    // Out of an MKV it comes without the codec tag of 3GP, which other containers refuse.
    return ['-i', await bench.remade('mkv', '-i', stream, '-c', 'copy')];
  },
  codec: ['-c:a', 'copy'],
});

const pcm = (format: string): Sound => encoded(`pcm_${format}`);

export const SOUNDS: Readonly<Record<string, Sound>> = {
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

/** What is left of a container that was not written: nothing, or the beginning of a header. */
const MAX_REMAINS_BYTES = 1024;

/** A video with this sound in each container that takes it and that ffmpeg writes so: one run of ffmpeg for all. */
export async function videosWith(sound: Sound, bench: Workbench): Promise<[container: string, path: string][]> {
  const [input, h264, vp8] = await Promise.all([sound.input(bench), bench.video('h264'), bench.video('vp8')]);
  const paths = CONTAINERS.map((container): [string, string] => [container, bench.path(container)]);
  const slaves = paths.map(([container, path]) => {
    const streams = container === 'webm' ? '0,2' : '0,1';
    return `[onfail=ignore:select=\\'${streams}\\']${path}`;
  });
  await bench.run(
    input,
    ['-i', h264, '-i', vp8],
    ['-map', '0:a', '-map', '1:v', '-map', '2:v', '-c:v', 'copy'],
    [...sound.codec, '-f', 'tee', slaves.join('|')],
  );
  const sizes = await Promise.all(paths.map(async ([, path]) => (await stat(path)).size));
  return paths.filter((_, index) => (sizes[index] ?? 0) > MAX_REMAINS_BYTES);
}
