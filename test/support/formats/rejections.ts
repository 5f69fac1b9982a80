import type { FailureCode } from '@app/domain';
import { amrStream } from '@app/testing';
import { options, SECONDS, sweep, type Make, type Workbench } from './workbench.js';

export interface Rejection {
  /** The code of the job, or of the response to the upload. */
  readonly code: FailureCode | 'unsupported_media_type';
  readonly make: Make;
}

const ENCRYPTION = options(
  `-encryption_scheme cenc-aes-ctr -encryption_key ${'0'.repeat(32)} -encryption_kid ${'1'.repeat(32)}`,
);
const IMA_ADPCM = ['-c:a', 'adpcm_ima_qt'];

/** Longer than the limit of the service in this run. */
export const MAX_DURATION_SECONDS = 60;

export const REJECTIONS: Readonly<Record<string, Rejection>> = {
  'a video without an audio track': { code: 'no_audio_stream', make: (bench) => bench.video() },
  'a WebM without an audio track': { code: 'no_audio_stream', make: (bench) => bench.video('vp8') },
  'an empty audio track': {
    code: 'no_audio_stream',
    make: async (bench) =>
      bench.made('mkv', '-i', await bench.video(), sweep(), options('-c:v copy -c:a libopus -frames:a 0')),
  },
  'a MOV with only subtitles': { code: 'no_audio_stream', make: subtitlesOnly },
  'an encrypted MP4 (CENC)': { code: 'encrypted_media', make: encrypted('mp4') },
  'an encrypted M4V (CENC)': { code: 'encrypted_media', make: encrypted('mp4', '-brand', 'M4V ') },
  'an encrypted fragmented MP4 (CENC)': {
    code: 'encrypted_media',
    make: encrypted('mp4', '-movflags', 'frag_keyframe+empty_moov'),
  },
  'an M4P from the iTunes Store (FairPlay)': { code: 'encrypted_media', make: renamed('mp4', 'mp4a', 'drms') },
  'WMA in MKV': { code: 'unsupported_format', make: (bench) => bench.clip('mkv', '-c:a', 'wmav2') },
  'Speex in MKV': {
    code: 'unsupported_format',
    make: (bench) => bench.made('mkv', sweep(1, 16_000), '-c:a', 'libspeex'),
  },
  'ADPCM (IMA) in MOV': { code: 'unsupported_format', make: (bench) => bench.clip('mov', ...IMA_ADPCM) },
  'ADPCM (Microsoft) in MKV': {
    code: 'unsupported_format',
    make: (bench) => bench.clip('mkv', '-c:a', 'adpcm_ms'),
  },
  'QDesign 2 in MOV': { code: 'unsupported_format', make: renamed('mov', 'ima4', 'QDM2', ...IMA_ADPCM) },
  'an unknown codec in MKV': { code: 'unsupported_format', make: renamed('mkv', 'A_AAC', 'A_XYZ') },
  'AMR with comfort noise, which ffmpeg cannot decode': { code: 'unsupported_format', make: amrWithPauses },
  'nine channels': { code: 'unsupported_format', make: nineChannels },
  'ambisonic Opus': { code: 'unsupported_format', make: ambisonics },
  'audio that exceeds the maximum duration': {
    code: 'too_long',
    make: (bench) =>
      bench.made('mov', '-f', 'lavfi', '-i', `anullsrc=r=8000:cl=mono:d=${MAX_DURATION_SECONDS + 2}`, [
        ...['-c:a', 'pcm_u8'],
      ]),
  },
  'a truncated MP4': { code: 'corrupt_source', make: half('mp4') },
  'a truncated MP4 with its index at the start': {
    code: 'corrupt_source',
    make: half('mp4', '-movflags', '+faststart'),
  },
  'a truncated MKV': { code: 'corrupt_source', make: half('mkv') },
  'audio in another format than its track states': { code: 'corrupt_source', make: renamed('mkv', 'A_AAC', 'A_MLP') },
  'an AVI': { code: 'unsupported_media_type', make: (bench) => bench.clip('avi', '-c:a', 'libmp3lame') },
  'an MPEG transport stream': { code: 'unsupported_media_type', make: (bench) => bench.clip('ts') },
  'an Ogg file': {
    code: 'unsupported_media_type',
    make: (bench) => bench.made('ogg', sweep(), '-c:a', 'libvorbis'),
  },
  'an MP3': { code: 'unsupported_media_type', make: (bench) => bench.made('mp3', sweep(), '-c:a', 'libmp3lame') },
  'a text file with the name of a video': {
    code: 'unsupported_media_type',
    make: (bench) => bench.written('mp4', 'This is not a video at all.'),
  },
};

function nineChannels(bench: Workbench): Promise<string> {
  const voices = Array.from({ length: 9 }, () => '0.1*sin(440*2*PI*t)').join('|');
  return bench.made('mov', '-f', 'lavfi', '-i', `aevalsrc=${voices}:s=48000:d=${SECONDS}`, '-c:a', 'pcm_s16le');
}

function ambisonics(bench: Workbench): Promise<string> {
  const voices = Array.from({ length: 4 }, () => '0.1*sin(440*2*PI*t)').join('|');
  const input = ['-f', 'lavfi', '-i', `aevalsrc=${voices}:s=48000:d=${SECONDS}:c=4.0`];
  return bench.made('mkv', input, options('-c:a libopus -mapping_family 2'));
}

async function subtitlesOnly(bench: Workbench): Promise<string> {
  const text = await bench.written('srt', '1\n00:00:00,000 --> 00:00:02,000\nA line.\n');
  return bench.remade('mov', '-i', text, '-c:s', 'mov_text');
}

function encrypted(extension: string, ...more: string[]): Make {
  return async (bench) => bench.made(extension, '-i', await bench.clip(), '-c', 'copy', ENCRYPTION, more);
}

/** Makes a clip whose codec has another name of the same length. */
function renamed(extension: string, name: string, otherName: string, ...codec: string[]): Make {
  return async (bench) =>
    bench.changed(await bench.clip(extension, ...codec), (bytes) => {
      bytes.write(otherName, bytes.indexOf(name));
      return bytes;
    });
}

async function amrWithPauses(bench: Workbench): Promise<string> {
  const speech = await bench.written('amr', amrStream({ kind: 'narrow', seconds: SECONDS, hasPauses: true }));
  return bench.remade('3gp', '-i', speech, '-c', 'copy');
}

function half(extension: string, ...more: string[]): Make {
  return async (bench) => {
    const whole = await bench.made(extension, '-i', await bench.clip(), '-c', 'copy', more);
    return bench.changed(whole, (bytes) => bytes.subarray(0, bytes.length >> 1));
  };
}
