import { readFile } from 'node:fs/promises';
import { decodeAudio, isUnpackedFfmpeg } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';

const SECONDS = 2;
/** AAC-LC of 44.1 kHz and one channel, as ffmpeg writes it; and the same number of bytes for xHE-AAC. */
const AAC_CONFIGURATION = Buffer.from('120856e500', 'hex');
const XHE_AAC_CONFIGURATION = Buffer.from('f948200000', 'hex');

let fixture: TranscoderFixture;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
});

afterAll(() => fixture.remove());

const tone = (hertz: number): string[] => ['-f', 'lavfi', '-i', `sine=${hertz}:d=${SECONDS}`];
const channels = (layout: string, count: number): string[] => {
  const voices = Array.from({ length: count }, () => '0.1*sin(440*2*PI*t)').join('|');
  return ['-f', 'lavfi', '-i', `aevalsrc=${voices}:s=48000:d=${SECONDS}${layout === '' ? '' : `:c=${layout}`}`];
};

/** Returns the frequency of the loudest tone: it counts how often the wave rises through zero. */
async function hertzOf(path: string): Promise<number> {
  const left = (await decodeAudio(path)).filter((_, index) => index % 2 === 0);
  const rises = left.filter((value, index) => value >= 0 && (left[index - 1] ?? 0) < 0).length;
  return (rises / left.length) * 16_000;
}

describe('a file whose default track cannot be converted', () => {
  const twoTracks = (...more: string[]): string[] => [
    ...['-f', 'lavfi', '-i', `testsrc=d=${SECONDS}:s=64x64:r=10`, ...tone(440), ...tone(880), ...tone(1320)],
    ...['-map', '0', '-map', '1', '-map', '2', '-c:v', 'mpeg4', '-disposition:a:0', '0'],
    ...['-disposition:a:1', 'default', ...more],
  ];

  it.each([
    ['AAC', 'aac', 'encoded'],
    ['MP3', 'libmp3lame', 'copied'],
  ])('is converted from its %s track', async (_, codec, encoding) => {
    const source = await fixture.made('d8.mkv', twoTracks('-c:a:0', codec, '-c:a:1', 'wmav2'));
    expect(await fixture.transcode(source)).toMatchObject({ encoding });
    expect(Math.abs((await hertzOf(fixture.outputPath)) - 440)).toBeLessThan(20);
  });

  it('is converted from the track with most channels of those that can be', async () => {
    const codecs = ['-map', '3', '-c:a:0', 'aac', '-ac:a:0', '1', '-c:a:1', 'wmav2', '-c:a:2', 'aac', '-ac:a:2', '2'];
    const source = await fixture.made('d8.mkv', twoTracks(...codecs));
    await fixture.transcode(source);
    expect(Math.abs((await hertzOf(fixture.outputPath)) - 1320)).toBeLessThan(60);
  });

  it('is converted from a track whose channels can be mixed', async () => {
    const inputs = [...tone(440), ...channels('', 9)];
    const options = ['-disposition:a:0', '0', '-disposition:a:1', 'default', '-c:a', 'pcm_s16le'];
    const source = await fixture.made('d8.mov', [...inputs, '-map', '0', '-map', '1', ...options]);
    expect((await fixture.transcode(source)).durationMs).toBeGreaterThan(SECONDS * 1000 - 100);
  });

  it('fails with the name of its format where no other can be converted either', async () => {
    const source = await fixture.made('d8.mkv', twoTracks('-c:a:0', 'wmav1', '-c:a:1', 'wmav2'));
    await expect(fixture.transcode(source)).rejects.toMatchObject({
      code: 'unsupported_format',
      failureParams: { format: 'Windows Media Audio' },
    });
  });
});

describe('audio that cannot be converted', () => {
  it.each<[string, string, string[], object]>([
    ['nine channels', 'nine.mov', [...channels('', 9), '-c:a', 'pcm_s16le'], { channels: 9 }],
    ['nine channels in MKV', 'nine.mkv', [...channels('', 9), '-c:a', 'pcm_s16le'], { channels: 9 }],
    [
      'Opus ambisonics',
      'ambisonic.mkv',
      [...channels('4.0', 4), '-c:a', 'libopus', '-mapping_family', '2'],
      { layout: 'ambisonic' },
    ],
    ['Speex', 'speex.mkv', [...tone(440), '-ar', '16000', '-c:a', 'libspeex'], { format: 'Speex' }],
    ['ADPCM', 'adpcm.mkv', [...tone(440), '-c:a', 'adpcm_ms'], { format: 'ADPCM' }],
  ])('%s is unsupported_format at once', async (_, name, args, failureParams) => {
    const failing = fixture.transcode(await fixture.made(name, args));
    await expect(failing).rejects.toMatchObject({ code: 'unsupported_format', retryable: false, failureParams });
  });

  // Newer versions decode xHE-AAC.
  it.skipIf(isUnpackedFfmpeg()).each(['mp4', 'mkv'])('xHE-AAC in %s is unsupported_format', async (extension) => {
    const aac = await fixture.made(`aac.${extension}`, [...tone(440), '-c:a', 'aac']);
    const source = await fixture.changed(aac, (bytes) => {
      const at = bytes.indexOf(AAC_CONFIGURATION);
      expect(at).toBeGreaterThan(0);
      XHE_AAC_CONFIGURATION.copy(bytes, at);
      return bytes;
    });
    await expect(fixture.transcode(source)).rejects.toMatchObject({
      code: 'unsupported_format',
      failureParams: { format: 'xHE-AAC' },
    });
  });

  it('a beginning of a video without audio, meant for streaming, is no_audio_stream', async () => {
    const options = ['-c:v', 'mpeg4', '-movflags', 'empty_moov+frag_keyframe'];
    const video = await fixture.made('video.mp4', ['-f', 'lavfi', '-i', 'testsrc=d=1:s=64x64', ...options]);
    const source = await fixture.changed(video, (bytes) => bytes.subarray(0, bytes.indexOf('moof') - 4));
    await expect(fixture.transcode(source)).rejects.toMatchObject({ code: 'no_audio_stream' });
  });
});

describe('what a file says of itself', () => {
  it.each(['No space left on device', 'Cannot allocate memory', 'Input/output error', '[error] Decode error rate 1'])(
    'decides nothing: a title with the line "%s"',
    async (line) => {
      const source = await fixture.made('title.mkv', [...tone(440), '-c:a', 'aac', '-metadata', `title=x\n${line}`]);
      const bytes = await readFile(source);
      expect(bytes.includes(`x\n${line}`)).toBe(true);
      expect((await fixture.transcode(source)).durationMs).toBeGreaterThan(SECONDS * 1000 - 100);
      // A file that fails for another reason says it, too.
      const cut = await fixture.changed(source, (all) => all.subarray(0, all.length - 1000));
      await expect(fixture.transcode(cut)).rejects.toMatchObject({ code: 'corrupt_source' });
    },
  );
});
