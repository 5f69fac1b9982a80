import { options, sweep, tone, type Make, type Workbench } from './workbench.js';

const PCM = options('-c:a pcm_s16le');
const AAC = options('-c:a aac');
const MP3 = options('-c:a libmp3lame');
const COPY = options('-c copy');
const FIRST_TWO = options('-map 0 -map 1');

export const TRACKS_AND_TIMES: Readonly<Record<string, Make>> = {
  'several tracks, of which the second is the default': (bench) =>
    bench.made('mkv', tone(440), tone(880), FIRST_TWO, AAC, options('-disposition:a:0 0 -disposition:a:1 default')),
  'several tracks, of which the third has the most channels': (bench) =>
    bench.made('mp4', tone(440), tone(880), sweep(6), FIRST_TWO, options('-map 2 -c:a aac -disposition:a 0')),
  'several tracks, of which the default is MP3': (bench) => {
    const codecs = options('-c:a:0 aac -c:a:1 libmp3lame -disposition:a:0 0 -disposition:a:1 default');
    return bench.made('mp4', sweep(), sweep(), FIRST_TWO, codecs);
  },
  '200 tracks': (bench) =>
    bench.made('mkv', sweep(1, 8000), Array.from({ length: 200 }, () => ['-map', '0']).flat(), PCM),
  'audio that starts late': late('mp4'),
  'audio that starts late, in MKV': late('mkv'),
  'MP3 that starts late': late('mp4', ...MP3),
  'audio that starts before the video': async (bench) => {
    const clip = await bench.clip();
    return bench.made('mp4', '-itsoffset', '-0.5', '-i', clip, '-i', clip, options('-map 0:a -map 1:v -c copy'));
  },
  'time stamps that start at one hour': async (bench) =>
    bench.made('mkv', '-itsoffset', '3600', '-i', await bench.clip(), COPY, options('-avoid_negative_ts disabled')),
  'an edit list that skips the start': async (bench) => bench.made('mp4', '-ss', '0.7', '-i', await bench.clip(), COPY),
  'an edit list that skips the end': async (bench) => bench.made('mov', '-i', await bench.clip(), '-t', '1.3', COPY),
  'an edit list that skips the start of an MP3': async (bench) =>
    bench.made('mp4', '-ss', '0.7', '-i', await bench.clip('mp4', ...MP3), COPY),
  'a video track that is longer than the audio': async (bench) =>
    bench.made('mp4', '-i', await bench.clip(), tone(880, 0.5), options('-map 0:v -map 1 -c:v copy -c:a aac')),
  'a variable frame rate': varyingFrameRate('mp4'),
  'a variable frame rate, in MKV': varyingFrameRate('mkv'),
  'a duration of 50 ms': (bench) => bench.made('mp4', tone(440, 0.05), AAC),
  'a duration of 1 ms': (bench) => bench.made('mov', tone(440, 0.001), PCM),
  'channels that change in the middle': (bench) => changing(bench, '-ac', '6'),
  'a sample rate that changes in the middle': (bench) => changing(bench, '-ar', '44100'),
};

export const BESIDE_THE_AUDIO: Readonly<Record<string, Make>> = {
  'no video, in M4A': audioOnly('m4a', ...AAC),
  'no video, in MOV': audioOnly('mov', ...PCM),
  'no video, in MKA': audioOnly('mka', '-c:a', 'flac'),
  'no video, in WebM': audioOnly('webm', '-c:a', 'libopus'),
  'chapters, in MP4': chapters('mp4'),
  'chapters, in MOV': chapters('mov'),
  'chapters, in MKV': chapters('mkv'),
  'an audio book (M4B) with chapters and a cover': async (bench) => {
    const inputs = ['-i', await chapters('m4b')(bench), '-i', await cover(bench)];
    return bench.remade('m4b', inputs, options('-map 0:a -map 1 -c copy -disposition:v attached_pic'));
  },
  'an attached picture, in MP4': async (bench) => {
    const inputs = ['-i', await bench.clip(), '-i', await cover(bench)];
    return bench.made('mp4', inputs, FIRST_TWO, COPY, options('-disposition:v:1 attached_pic'));
  },
  'subtitles and a font, in MKV': async (bench) => {
    const inputs = ['-i', await bench.clip(), '-i', await subtitles(bench)];
    const font = ['-attach', await bench.written('ttf', Buffer.alloc(1000, 7)), '-metadata:s:t', 'mimetype=font/ttf'];
    return bench.remade('mkv', inputs, FIRST_TWO, COPY, font);
  },
  'subtitles and a time code, in MOV': async (bench) => {
    const inputs = ['-i', await bench.clip(), '-i', await subtitles(bench)];
    return bench.remade('mov', inputs, FIRST_TWO, COPY, options('-c:s mov_text -timecode 01:00:00:00'));
  },
  'H.265 video': picture('mp4', ...options('libx265 -preset ultrafast -x265-params log-level=error')),
  'ProRes video': picture('mov', 'prores'),
  'MPEG-4 video, in 3G2': picture('3g2', 'mpeg4'),
  'H.264 video, in F4V': picture('f4v', ...options('libx264 -preset ultrafast')),
};

function late(extension: string, ...codec: string[]): Make {
  return async (bench) => {
    const clip = await bench.clip('mp4', ...codec);
    return bench.made(extension, '-i', clip, '-itsoffset', '1.2', '-i', clip, options('-map 0:v -map 1:a -c copy'));
  };
}

function varyingFrameRate(extension: string): Make {
  return async (bench) =>
    bench.made(extension, '-i', await bench.clip(), options('-vf select=not(mod(n\\,3)) -vsync vfr -c:a copy'));
}

/** Two seconds of AC-3; the second one has other parameters than the first. */
async function changing(bench: Workbench, ...other: string[]): Promise<string> {
  const parts = [sweep(2, 48_000, 1), [...sweep(2, 48_000, 1), ...other]];
  const streams = await Promise.all(parts.map((part) => bench.made('ac3', part, '-c:a', 'ac3')));
  return bench.remade('mkv', '-i', await bench.joined('ac3', ...streams), '-c', 'copy');
}

function audioOnly(extension: string, ...codec: string[]): Make {
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
