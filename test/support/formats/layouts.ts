import { sweep, tone, type Make } from './workbench.js';

const CHANNELS = {
  mono: 1,
  stereo: 2,
  '2.1': 3,
  '3.0': 3,
  '4.0': 4,
  quad: 4,
  '4.1': 5,
  '5.0': 5,
  '5.1': 6,
  '5.1(side)': 6,
  '6.1': 7,
  '7.1': 8,
  '7.1(wide)': 8,
} as const;

type Layout = keyof typeof CHANNELS;

const SAMPLE_RATES = [
  ...[8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
  ...[64_000, 88_200, 96_000, 176_400, 192_000],
];

const PCM = ['-c:a', 'pcm_s16le'];
const AAC = ['-c:a', 'aac'];

/** Each channel is louder than the one before, so that a down-mix with other weights sounds different. */
function inLayout(layout: Layout, extension: string, ...codec: string[]): Make {
  const channels = Array.from({ length: CHANNELS[layout] }, (_, index) => `c${index}=${0.1 + 0.05 * index}*c0`);
  return (bench) => bench.made(extension, tone(), '-af', `pan=${layout}|${channels.join('|')}`, codec);
}

/** By default PCM in a MOV, which can have any layout and keeps every sample. */
export const CHANNEL_LAYOUTS: Readonly<Record<string, Make>> = {
  ...Object.fromEntries((Object.keys(CHANNELS) as Layout[]).map((layout) => [layout, inLayout(layout, 'mov', ...PCM)])),
  '5.1, AAC in MP4': inLayout('5.1', 'mp4', ...AAC),
  '7.1, AAC in MP4': inLayout('7.1', 'mp4', ...AAC),
  '5.1(side), AC-3 in MKV': inLayout('5.1(side)', 'mkv', '-c:a', 'ac3'),
  '5.1, E-AC-3 in MP4': inLayout('5.1', 'mp4', '-c:a', 'eac3'),
  '5.1(side), DTS in MKV': inLayout('5.1(side)', 'mkv', '-c:a', 'dca', '-strict', '-2'),
  '5.1, TrueHD in MKV': inLayout('5.1', 'mkv', '-c:a', 'truehd', '-strict', '-2'),
  '7.1, FLAC in MKV': inLayout('7.1', 'mkv', '-c:a', 'flac'),
  '7.1, ALAC in MOV': inLayout('7.1', 'mov', '-c:a', 'alac'),
  '7.1, Opus in WebM': inLayout('7.1', 'webm', '-c:a', 'libopus'),
  '7.1, Vorbis in WebM': inLayout('7.1', 'webm', '-c:a', 'libvorbis'),
};

export const RATES: Readonly<Record<string, Make>> = Object.fromEntries(
  SAMPLE_RATES.map((rate): [string, Make] => [
    `${rate / 1000} kHz`,
    (bench) => bench.made('mkv', sweep(2, rate), '-c:a', 'flac'),
  ]),
);
