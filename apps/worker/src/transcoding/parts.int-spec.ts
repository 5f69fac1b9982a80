import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { amrStream, ffmpeg, heAacStream } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLongAudio } from '../../test/long-audio.js';
import { TestCores } from '../../test/test-cores.js';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';

let fixture: TranscoderFixture;
let wav: string;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
  wav = await makeLongAudio();
});
afterAll(() => fixture.remove());

const encoded =
  (container: string, ...codec: string[]) =>
  () =>
    fixture.made(`source.${container}`, ['-i', wav, '-c:a', ...codec, '-strict', '-2']);

const copied = (container: string, extension: string, bytes: () => Promise<Buffer> | Buffer) => async () => {
  const stream = join(fixture.folder, `stream.${extension}`);
  await writeFile(stream, await bytes());
  return fixture.made(`source.${container}`, ['-i', stream, '-c:a', 'copy']);
};

const heAac = async (): Promise<Buffer> =>
  heAacStream(
    await readFile(await fixture.made('core.aac', ['-i', wav, '-ar', '22050', '-ac', '1', '-flags', '+bitexact'])),
  );

/** All codecs in docs/formats.md that are not copied, and other rates and channels. */
const SOURCES: readonly (readonly [name: string, parts: number, make: () => Promise<string>])[] = [
  ['AAC-LC', 2, encoded('mp4', 'aac')],
  ['AAC-LC', 3, encoded('mp4', 'aac')],
  ['AAC-LC', 4, encoded('mp4', 'aac')],
  ['AAC-LC', 5, encoded('mp4', 'aac')],
  ['AAC-LC', 6, encoded('mp4', 'aac')],
  ['AAC-LC', 7, encoded('mp4', 'aac')],
  ['AAC-LC', 8, encoded('mp4', 'aac')],
  ['HE-AAC', 3, copied('mp4', 'aac', heAac)],
  ['ALAC', 4, encoded('mov', 'alac')],
  ['FLAC', 5, encoded('mkv', 'flac')],
  ['MP2', 2, encoded('mkv', 'mp2')],
  ['Opus', 8, encoded('webm', 'libopus')],
  ['Vorbis', 3, encoded('webm', 'libvorbis')],
  ['AC-3, 5.1', 4, encoded('mkv', 'ac3', '-ac', '6')],
  ['E-AC-3', 5, encoded('mp4', 'eac3')],
  ['DTS', 6, encoded('mkv', 'dca')],
  ['TrueHD', 2, encoded('mkv', 'truehd')],
  ['MLP', 3, encoded('mkv', 'mlp')],
  ['AMR-NB', 2, copied('3gp', 'amr', () => amrStream({ kind: 'narrow', seconds: 70 }))],
  ['AMR-WB', 2, copied('mkv', 'amr', () => amrStream({ kind: 'wide', seconds: 50 }))],
  ['PCM, 8 bit', 7, encoded('mov', 'pcm_u8')],
  ['PCM, 8 bit, signed', 2, encoded('mov', 'pcm_s8')],
  ['PCM, 16 bit', 3, encoded('mkv', 'pcm_s16le')],
  ['PCM, 16 bit, big-endian', 4, encoded('mov', 'pcm_s16be')],
  ['PCM, 24 bit', 5, encoded('mkv', 'pcm_s24le')],
  ['PCM, 24 bit, big-endian', 6, encoded('mov', 'pcm_s24be')],
  ['PCM, 32 bit', 2, encoded('mkv', 'pcm_s32le')],
  ['PCM, 32 bit, big-endian', 3, encoded('mov', 'pcm_s32be')],
  ['PCM, 32 bit float', 4, encoded('mkv', 'pcm_f32le')],
  ['PCM, 32 bit float, big-endian', 5, encoded('mov', 'pcm_f32be')],
  ['PCM, 64 bit float', 2, encoded('mkv', 'pcm_f64le')],
  ['PCM, 64 bit float, big-endian', 3, encoded('mov', 'pcm_f64be')],
  ['PCM, A-law', 4, encoded('mkv', 'pcm_alaw')],
  ['PCM, µ-law', 5, encoded('mov', 'pcm_mulaw')],
  ['44.1 kHz', 3, encoded('mp4', 'aac', '-ar', '44100')],
  ['44.1 kHz, mono', 2, encoded('mkv', 'aac', '-ar', '44100', '-ac', '1')],
  ['22.05 kHz, mono', 2, encoded('mp4', 'aac', '-ar', '22050', '-ac', '1')],
  ['96 kHz, resampled', 2, encoded('mkv', 'flac', '-ar', '96000')],
];

const pcmOf = async (mp3: string): Promise<string> => String(await ffmpeg(['-i', mp3, '-f', 'md5', 'pipe:1']));

describe('audio that is encoded in parts', () => {
  it.each(SOURCES)('%s in %d parts is that of one process, to the sample', async (_name, parts, make) => {
    const source = await make();
    const alone = await fixture.transcode(source);
    const expected = await pcmOf(fixture.outputPath);
    const cores = new TestCores(parts - 1);
    const result = await fixture.transcode(source, {}, { spareCores: cores });
    expect(result).toMatchObject({ parts, encoding: 'encoded', durationMs: alone.durationMs });
    expect(await pcmOf(fixture.outputPath)).toBe(expected);
    expect(cores.spare).toBe(parts - 1);
  });
});
