import { readFile } from 'node:fs/promises';
import { lacedMatroska, type Lacing } from '@app/testing';
import { sweep, tone, type Workbench } from './workbench.js';

export type Make = (bench: Workbench) => Promise<string>;

const LAYOUTS = ['mono', 'stereo', '2.1', '3.0', '4.0', 'quad', '4.1', '5.0', '5.1', '6.1', '7.1', '7.1(wide)'];
const SAMPLE_RATES = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000];
const HIGH_SAMPLE_RATES = [88_200, 96_000, 176_400, 192_000];

const PCM = ['-c:a', 'pcm_s16le'];
const AAC = ['-c:a', 'aac'];

/** Each channel louder than the one before, so that a down-mix with other weights sounds different. */
function inLayout(layout: string, extension: string, ...codec: string[]): Make {
  return async (bench) => {
    const graph = `pan=${layout}|${Array.from({ length: 8 }, (_, index) => `c${index}=${0.1 + 0.05 * index}*c0`)
      .slice(0, CHANNELS[layout])
      .join('|')}`;
    return bench.made(extension, tone(), '-af', graph, codec);
  };
}

const CHANNELS: Readonly<Record<string, number>> = {
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
};

/** As PCM in a MOV where nothing else is said: it can say any layout, and keeps every sample. */
export const CHANNEL_LAYOUTS: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(LAYOUTS.map((layout) => [layout, inLayout(layout, 'mov', ...PCM)])),
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
  [...SAMPLE_RATES, ...HIGH_SAMPLE_RATES].map((rate): [string, Make] => [
    `${rate / 1000} kHz`,
    (bench) => bench.made('mkv', sweep(2, rate), '-c:a', 'flac'),
  ]),
);

export const TRACKS_AND_TIMES: Readonly<Record<string, Make>> = {
  'several tracks, the second one the default': (bench) =>
    bench.made('mkv', tone(440), tone(880), ['-map', '0', '-map', '1'], AAC, [
      ...['-disposition:a:0', '0', '-disposition:a:1', 'default'],
    ]),
  'several tracks, the third one with most channels': (bench) =>
    bench.made('mp4', tone(440), tone(880), sweep(6), ['-map', '0', '-map', '1', '-map', '2'], AAC, [
      ...['-disposition:a', '0'],
    ]),
  'several tracks, an MP3 the default': (bench) =>
    bench.made(
      'mp4',
      sweep(),
      sweep(),
      ['-map', '0', '-map', '1', '-c:a:0', 'aac', '-c:a:1', 'libmp3lame'],
      [...['-disposition:a:0', '0', '-disposition:a:1', 'default']],
    ),
  '200 tracks': (bench) =>
    bench.made('mkv', sweep(1, 8000), Array.from({ length: 200 }, () => ['-map', '0']).flat(), PCM),
  'sound that starts late': late('mp4'),
  'sound that starts late, in MKV': late('mkv'),
  'MP3 that starts late': late('mp4', '-c:a', 'libmp3lame'),
  'sound that starts before the picture': async (bench) => {
    const clip = await bench.clip();
    return bench.made('mp4', [
      '-itsoffset',
      '-0.5',
      '-i',
      clip,
      '-i',
      clip,
      '-map',
      '0:a',
      '-map',
      '1:v',
      '-c',
      'copy',
    ]);
  },
  'time stamps that begin at one hour': async (bench) =>
    bench.made('mkv', '-itsoffset', '3600', '-i', await bench.clip(), '-c', 'copy', '-avoid_negative_ts', 'disabled'),
  'an edit list that leaves out the beginning': async (bench) =>
    bench.made('mp4', '-ss', '0.7', '-i', await bench.clip(), '-c', 'copy'),
  'an edit list that leaves out the end': async (bench) =>
    bench.made('mov', '-i', await bench.clip(), '-t', '1.3', '-c', 'copy'),
  'an edit list that leaves out the beginning of an MP3': async (bench) =>
    bench.made('mp4', '-ss', '0.7', '-i', await bench.clip('mp4', '-c:a', 'libmp3lame'), '-c', 'copy'),
  'a picture track that is longer': async (bench) =>
    bench.made('mp4', ['-i', await bench.clip(), ...tone(880, 0.5), '-map', '0:v', '-map', '1', '-c:v', 'copy'], AAC),
  'varying frame rate': async (bench) =>
    bench.made('mp4', '-i', await bench.clip(), '-vf', 'select=not(mod(n\\,3))', '-vsync', 'vfr', '-c:a', 'copy'),
  'varying frame rate, in MKV': async (bench) =>
    bench.made('mkv', '-i', await bench.clip(), '-vf', 'select=not(mod(n\\,3))', '-vsync', 'vfr', '-c:a', 'copy'),
  'a twentieth of a second': (bench) => bench.made('mp4', tone(440, 0.05), AAC),
  'a thousandth of a second': (bench) => bench.made('mov', tone(440, 0.001), PCM),
  'channels that change half way': (bench) => changing(bench, '-ac', '6'),
  'a sample rate that changes half way': (bench) => changing(bench, '-ar', '44100'),
};

export const STRUCTURES: Readonly<Record<string, Make>> = {
  'MP4 with its index in front': fragmented('+faststart'),
  'MP4 in fragments': fragmented('frag_keyframe+empty_moov'),
  'MP4 with a fragment for each frame': fragmented('frag_every_frame+empty_moov+default_base_moof'),
  'MP4 for DASH': fragmented('dash+delay_moov+frag_keyframe'),
  'MP4 with an index of 64 bit sizes': async (bench) => bench.changed(await bench.clip(), withLargeMediaBox),
  'MP4 that declares a length of 0': async (bench) => bench.changed(await bench.clip(), withDuration(0)),
  'MP4 that declares a length of days': async (bench) => bench.changed(await bench.clip(), withDuration(0x7fffffff)),
  'MP4 with an archive behind its end': async (bench) =>
    bench.changed(await bench.clip(), (bytes) => Buffer.concat([bytes, Buffer.from('PK\x03\x04\x14\0\0\0\x08\0more')])),
  'QuickTime from before file types were written': async (bench) =>
    bench.changed(await bench.clip('mov', ...PCM), (bytes) =>
      overwritten(bytes, 'ftyp', (at) => bytes.write('wide', at)),
    ),
  'MKV of short clusters': async (bench) =>
    bench.made('mkv', '-i', await bench.clip(), '-c', 'copy', '-cluster_time_limit', '100'),
  'MKV with its index in front': async (bench) =>
    bench.made('mkv', '-i', await bench.clip(), '-c', 'copy', '-cues_to_front', '1'),
  'MKV of several frames to a block, EBML lacing': laced({ kind: 'ebml', framesPerBlock: 5, hasSizes: true }, ...AAC),
  'MKV of several frames to a block, Xiph lacing': laced(
    { kind: 'xiph', framesPerBlock: 5, hasSizes: true },
    ...['-c:a', 'libvorbis'],
  ),
  'MKV of several frames to a block, all of one size': laced(
    { kind: 'fixed', framesPerBlock: 5, hasSizes: true },
    ...['-c:a', 'ac3'],
  ),
  'MKV of several MP3 frames to a block': laced(
    { kind: 'ebml', framesPerBlock: 5, hasSizes: true },
    ...['-c:a', 'libmp3lame'],
  ),
  'live MKV without sizes': laced({ kind: 'ebml', framesPerBlock: 2, hasSizes: false }, ...AAC),
  'live WebM without sizes': async (bench) =>
    bench.made('webm', '-i', await bench.clip('webm', '-c:a', 'libopus'), '-c', 'copy', '-live', '1'),
};

export const BESIDE_THE_SOUND: Readonly<Record<string, Make>> = {
  'no picture at all: M4A': soundOnly('m4a', ...AAC),
  'no picture at all: MOV': soundOnly('mov', ...PCM),
  'no picture at all: MKA': soundOnly('mka', '-c:a', 'flac'),
  'no picture at all: WebM': soundOnly('webm', '-c:a', 'libopus'),
  'chapters in MP4': chapters('mp4'),
  'chapters in MOV': chapters('mov'),
  'chapters in MKV': chapters('mkv'),
  'an audio book (M4B) with chapters and a cover': async (bench) =>
    bench.remade(
      'm4b',
      ['-i', await chapters('m4b')(bench), '-i', await cover(bench)],
      [...['-map', '0:a', '-map', '1', '-c', 'copy', '-disposition:v', 'attached_pic']],
    ),
  'an attached picture in MP4': async (bench) =>
    bench.remade(
      'mp4',
      '-i',
      await bench.clip(),
      '-i',
      await cover(bench),
      ATTACHED,
      '-disposition:v:1',
      'attached_pic',
    ),
  'subtitles and a font in MKV': async (bench) =>
    bench.remade(
      'mkv',
      '-i',
      await bench.clip(),
      '-i',
      await subtitles(bench),
      '-map',
      '0',
      '-map',
      '1',
      '-c',
      'copy',
      [...['-attach', await bench.written('ttf', Buffer.alloc(1000, 7)), '-metadata:s:t', 'mimetype=font/ttf']],
    ),
  'subtitles and a time code in MOV': async (bench) =>
    bench.remade(
      'mov',
      '-i',
      await bench.clip(),
      '-i',
      await subtitles(bench),
      '-map',
      '0',
      '-map',
      '1',
      '-c',
      'copy',
      [...['-c:s', 'mov_text', '-timecode', '01:00:00:00']],
    ),
  'pictures as H.265': picture('mp4', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error'),
  'pictures as ProRes': picture('mov', 'prores'),
  'pictures as MPEG-4, in 3G2': picture('3g2', 'mpeg4'),
  'pictures as H.264, in F4V': picture('f4v', 'libx264', '-preset', 'ultrafast'),
};

const ATTACHED = ['-map', '0', '-map', '1', '-c', 'copy'];

function late(extension: string, ...codec: string[]): Make {
  return async (bench) => {
    const clip = await bench.clip('mp4', ...codec);
    return bench.made(extension, [
      '-i',
      clip,
      '-itsoffset',
      '1.2',
      '-i',
      clip,
      '-map',
      '0:v',
      '-map',
      '1:a',
      '-c',
      'copy',
    ]);
  };
}

/** Two seconds of AC-3, the second of another kind than the first. */
async function changing(bench: Workbench, ...other: string[]): Promise<string> {
  const parts = [sweep(2, 48_000, 1), [...sweep(2, 48_000, 1), ...other]];
  const streams = await Promise.all(parts.map((part) => bench.made('ac3', part, '-c:a', 'ac3')));
  return bench.remade('mkv', '-i', await bench.joined('ac3', ...streams), '-c', 'copy');
}

function fragmented(flags: string): Make {
  return async (bench) => bench.made('mp4', '-i', await bench.clip(), '-c', 'copy', '-movflags', flags);
}

function overwritten(bytes: Buffer, type: string, write: (at: number) => void): Buffer {
  for (let at = bytes.indexOf(type); at >= 0; at = bytes.indexOf(type, at + 1)) write(at);
  return bytes;
}

/** ffmpeg leaves an empty box in front of the media, which has room for a longer size. */
function withLargeMediaBox(bytes: Buffer): Buffer {
  const at = bytes.indexOf('mdat') - 4;
  const size = bytes.readUInt32BE(at);
  bytes.writeUInt32BE(1, at - 8);
  bytes.write('mdat', at - 4);
  bytes.writeBigUInt64BE(BigInt(size + 8), at);
  return bytes;
}

/** Of the movie and of its media, which say it at the same place. */
function withDuration(ticks: number): (bytes: Buffer) => Buffer {
  return (bytes) =>
    ['mvhd', 'mdhd'].reduce((all, type) => overwritten(all, type, (at) => all.writeUInt32BE(ticks, at + 20)), bytes);
}

function laced(lacing: Lacing, ...codec: string[]): Make {
  return async (bench) => {
    const plain = await bench.made('mkv', sweep(), codec);
    return bench.written('mkv', lacedMatroska(await readFile(plain), lacing));
  };
}

function soundOnly(extension: string, ...codec: string[]): Make {
  return (bench) => bench.made(extension, sweep(), codec);
}

function chapters(extension: string): Make {
  return async (bench) => {
    const [first, second] = ['START=0\nEND=1000\ntitle=One', 'START=1000\nEND=2000\ntitle=Two'].map(
      (times) => `[CHAPTER]\nTIMEBASE=1/1000\n${times}\n`,
    );
    const list = await bench.written('txt', `;FFMETADATA1\n${first}${second}`);
    const streams = extension === 'm4b' ? '0:a' : '0';
    const mapping = ['-map', streams, '-map_metadata', '1', '-c', 'copy'];
    return bench.remade(extension, '-i', await bench.clip(), '-i', list, mapping);
  };
}

function cover(bench: Workbench): Promise<string> {
  return bench.made('png', '-f', 'lavfi', '-i', 'testsrc=s=64x64', '-frames:v', '1');
}

function subtitles(bench: Workbench): Promise<string> {
  return bench.written('srt', '1\n00:00:00,000 --> 00:00:02,000\nA line.\n');
}

function picture(extension: string, ...codec: string[]): Make {
  return async (bench) => bench.made(extension, '-i', await bench.clip(), '-c:a', 'copy', '-r', '10', '-c:v', codec);
}
