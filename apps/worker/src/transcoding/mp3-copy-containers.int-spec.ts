import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeExactly, sweepSource } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relaidMatroska, type Layout } from '../../test/relaid-matroska.js';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';
import { id3Header } from '../mp3/id3-header.js';
import { padId3Tag } from '../tags/id3-tag.js';

const SECONDS = 1.7;
/** LAME's own delay and that of every decoder. */
const DELAY_SAMPLES = 1105;
/** At 128 kbit/s and 48 kHz. */
const FRAME_BYTES = 384;

let fixture: TranscoderFixture;

beforeAll(async () => {
  fixture = await TranscoderFixture.create();
});

afterAll(() => fixture.remove());

const mp3Options = (sampleRate: number, ...more: string[]): string[] => [
  ...['-f', 'lavfi', '-i', sweepSource(SECONDS, 2, sampleRate)],
  ...['-c:a', 'libmp3lame', ...more],
];

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const bytesOf = (audio: Float32Array): Buffer => Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength);

describe('an MP3 track in Matroska', () => {
  async function relaid(sampleRate: number, layout: Layout, ...more: string[]): Promise<string> {
    const clip = await fixture.made('clip.mkv', mp3Options(sampleRate, ...more));
    return fixture.changed(clip, (bytes) => relaidMatroska(bytes, layout));
  }

  it.each<[Layout['lacing'] & string, number, string[]]>([
    ['xiph', 44_100, []],
    ['xiph', 48_000, ['-b:a', '320k']],
    ['ebml', 44_100, ['-q:a', '3']],
    ['ebml', 22_050, ['-q:a', '5']],
    // Frames of one size each.
    ['fixed', 48_000, ['-b:a', '128k']],
  ])('with %s lacing at %d Hz is copied, every frame once', async (lacing, sampleRate, more) => {
    const plain = await fixture.transcode(await relaid(sampleRate, {}, ...more));
    const laced = await relaid(sampleRate, { lacing }, ...more);
    expect(await fixture.transcode(laced)).toEqual(plain);
    expect(plain.encoding).toBe('copied');
  });

  it.each([44_100, 48_000, 24_000])(
    'that knows its delay, at %d Hz, plays as the same MP3 on its own',
    async (rate) => {
      const codecDelayNs = Math.round((DELAY_SAMPLES / rate) * 1e9);
      await fixture.transcode(await relaid(rate, { codecDelayNs }));
      const alone = await decodeExactly(await fixture.made('alone.mp3', mp3Options(rate)));
      const copied = await decodeExactly(fixture.outputPath);
      expect(copied.length).toBe(2 * Math.round(SECONDS * rate));
      expect(bytesOf(copied).equals(bytesOf(alone).subarray(0, copied.byteLength))).toBe(true);
    },
  );
});

describe('an MP3 track that does not begin as others do', () => {
  /** Says how the job with such a first frame ends. */
  async function endWith(change: (frame: Buffer) => Buffer): Promise<string> {
    const options = mp3Options(48_000, '-b:a', '128k', '-write_xing', '0', '-id3v2_version', '0');
    const audio = await readFile(await fixture.made('sound.mp3', options));
    const frame = Buffer.alloc(FRAME_BYTES);
    audio.copy(frame, 0, 0, 4);
    const raw = join(fixture.folder, 'raw.mp3');
    await writeFile(raw, Buffer.concat([frame, audio]));
    const muxed = await fixture.made('muxed.mkv', ['-i', raw, '-c', 'copy']);
    const source = await fixture.changed(muxed, (bytes) => {
      const at = bytes.indexOf(frame);
      change(frame).copy(bytes, at);
      return bytes;
    });
    return fixture.transcode(source).then(
      ({ encoding }) => encoding,
      (error: { code: string }) => error.code,
    );
  }

  const named = (frame: Buffer, name: string): Buffer => {
    frame.write(name, 36, 'latin1');
    return frame;
  };

  it.each<[string, string, (frame: Buffer) => Buffer]>([
    ['but with silence', 'copied', (frame) => frame],
    ["but with Fraunhofer's info frame", 'encoded', (frame) => named(frame, 'VBRI')],
    ['but with an info frame without counts', 'encoded', (frame) => named(frame, 'Xing')],
    ['but with an ID3 tag', 'corrupt_source', (frame) => padId3Tag(id3Header(10), frame.length)],
    [
      'but with a frame of free format',
      'corrupt_source',
      (frame) => Buffer.concat([hex('fffb0444'), frame.subarray(4)]),
    ],
  ])('%s is %s', async (_, end, change) => {
    expect(await endWith(change)).toBe(end);
  });
});
