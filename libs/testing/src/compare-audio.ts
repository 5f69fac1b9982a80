import { ffmpeg } from './ffmpeg-run.js';

const SAMPLE_RATE = 16_000;
const CHANNELS = 2;
const MAX_LAG_SAMPLES = SAMPLE_RATE / 10;
const WINDOWS = 8;
const WINDOW_SAMPLES = SAMPLE_RATE / 10;

/** The difference between the audio of an MP3 and of its source. */
export interface AudioComparison {
  /** The duration of the MP3 minus that of the source, both decoded completely. */
  readonly durationDifferenceSeconds: number;
  /** The best-matching shift of the MP3 within ±100 ms; positive if the MP3 is late. */
  readonly lagMs: number;
  /** The correlation of the whole audio at that shift: 1 = identical, 0 = unrelated. */
  readonly correlation: number;
  /** The correlation of the worst second, which shows a missing or wrong part. */
  readonly weakestSecond: number;
}

/** Decodes both files with ffmpeg and compares them sample by sample, both channels. */
export async function compareAudio(sourcePath: string, mp3Path: string): Promise<AudioComparison> {
  const [source, mp3] = await Promise.all([decodeAudio(sourcePath), decodeAudio(mp3Path)]);
  const lag = bestLag(source, mp3);
  return {
    durationDifferenceSeconds: (mp3.length - source.length) / (SAMPLE_RATE * CHANNELS),
    lagMs: (lag / SAMPLE_RATE) * 1000,
    correlation: correlate(source, mp3, lag, 0, source.length),
    weakestSecond: weakestSecond(source, mp3, lag),
  };
}

/** Decodes the audio of a file to interleaved stereo at 16 kHz. */
export async function decodeAudio(path: string): Promise<Float32Array> {
  const pcm = await ffmpeg(
    [
      ['-i', path, '-vn', '-sn', '-dn', '-ac', String(CHANNELS), '-ar', String(SAMPLE_RATE)],
      ['-f', 'f32le', 'pipe:1'],
    ].flat(),
  );
  return new Float32Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length - (pcm.length % 4)));
}

/** Decodes the audio of a file at its own rate, with interleaved channels. */
export async function decodeExactly(path: string): Promise<Float32Array> {
  const pcm = await ffmpeg(['-i', path, '-vn', '-sn', '-dn', '-f', 'f32le', 'pipe:1']);
  return new Float32Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length - (pcm.length % 4)));
}

function bestLag(source: Float32Array, mp3: Float32Array): number {
  let best = { lag: 0, score: -Infinity };
  const length = Math.min(source.length, WINDOW_SAMPLES * CHANNELS);
  const step = Math.max(0, source.length - length) / (WINDOWS - 1);
  const starts = Array.from({ length: WINDOWS }, (_, index) => even(index * step));
  for (let lag = -MAX_LAG_SAMPLES; lag <= MAX_LAG_SAMPLES; lag++) {
    let score = 0;
    for (const start of starts) score += correlate(source, mp3, lag, start, start + length);
    if (score > best.score) best = { lag, score };
  }
  return best.lag;
}

function weakestSecond(source: Float32Array, mp3: Float32Array, lag: number): number {
  const second = SAMPLE_RATE * CHANNELS;
  let weakest = 1;
  for (let start = 0; start + second <= source.length; start += second) {
    weakest = Math.min(weakest, correlate(source, mp3, lag, start, start + second));
  }
  return weakest;
}

function correlate(source: Float32Array, mp3: Float32Array, lag: number, from: number, to: number): number {
  const shift = lag * CHANNELS;
  let product = 0;
  let sourceEnergy = 0;
  let mp3Energy = 0;
  for (let index = from; index < to; index++) {
    const left = source[index] ?? 0;
    const right = mp3[index + shift] ?? 0;
    product += left * right;
    sourceEnergy += left * left;
    mp3Energy += right * right;
  }
  return sourceEnergy === 0 || mp3Energy === 0 ? 0 : product / Math.sqrt(sourceEnergy * mp3Energy);
}

function even(value: number): number {
  return 2 * Math.floor(value / 2);
}
