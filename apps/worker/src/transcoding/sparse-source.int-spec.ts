import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeClip, makeMedia, packetPositions, sweepSource, testFfprobePath } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AudioOnlyCopy } from '../../test/audio-only-copy.js';
import { TranscoderFixture } from '../../test/transcoder-fixture.js';

const SECONDS = 4;
const VIDEO = ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${SECONDS}`];
const AUDIO = ['-f', 'lavfi', '-i', sweepSource(SECONDS, 2)];
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'];
const MAP_TWO = ['-map', '0:v', '-map', '1:a', '-map', '1:a'];
const MAP_ALL = ['-map', '0', '-map', '1', '-map', '2'];
const COVER = ['-c:v:1', 'png', '-frames:v:1', '1', '-disposition:v:1', 'attached_pic'];
const chapter = (start: number, title: string): string =>
  `%0A[CHAPTER]%0ATIMEBASE=1/1%0ASTART=${start}%0AEND=${start + 2}%0Atitle=${title}`;
const CHAPTERS = `data:text/plain,;FFMETADATA1${chapter(0, 'One')}${chapter(2, 'Two')}%0A`;
const SUBTITLES = 'data:text/plain,1%0A00:00:01,000 --> 00:00:03,000%0AHello%0A';

const clip = (options: Parameters<typeof makeClip>[0]): (() => Promise<string>) => {
  return () => makeClip({ seconds: SECONDS, ...options });
};
const media = (extension: string, output: readonly string[], ...inputs: string[][]): (() => Promise<string>) => {
  return () => makeMedia(extension, [...VIDEO, ...AUDIO, ...inputs.flat(), ...output]);
};

const SOURCES: readonly [name: string, make: () => Promise<string>][] = [
  ['AAC in MP4', clip({})],
  ['AAC in MP4 with its index in front', clip({ container: 'mp4-faststart' })],
  ['AAC in MOV', clip({ container: 'mov' })],
  ['mono AAC at 22 kHz', clip({ channels: 1, sampleRate: 22_050 })],
  ['AC-3 with six channels', clip({ codec: 'ac3', channels: 6, sampleRate: 48_000 })],
  ['E-AC-3', media('mp4', [...X264, '-c:a', 'eac3'])],
  ['Opus', clip({ codec: 'opus', sampleRate: 48_000 })],
  ['ALAC', clip({ codec: 'alac' })],
  ['FLAC', clip({ codec: 'flac', extra: ['-strict', '-2'] })],
  ['MP3', clip({ codec: 'mp3' })],
  ['HEVC video', media('mp4', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error'])],
  ['MPEG-4 part 2 video', media('mp4', ['-c:v', 'mpeg4'])],
  ['two AAC tracks', media('mp4', [...X264, ...MAP_TWO, '-b:a:1', '64k'])],
  ['AC-3 after AAC', media('mp4', [...X264, ...MAP_TWO, '-c:a:0', 'aac', '-c:a:1', 'ac3'])],
  ['audio that begins late', () => makeMedia('mp4', [...VIDEO, '-itsoffset', '1.7', ...AUDIO, ...X264])],
  ['a time code track', media('mov', [...X264, '-timecode', '01:00:00:00', '-c:a', 'aac'])],
  ['tags and chapters', media('mp4', [...X264, '-map_metadata', '2', '-metadata', 'title=A title'], ['-i', CHAPTERS])],
  ['subtitles', media('mp4', [...X264, ...MAP_ALL, '-c:s', 'mov_text'], ['-f', 'srt', '-i', SUBTITLES])],
  ['a cover', media('mp4', [...X264, ...MAP_ALL, ...COVER], ['-f', 'lavfi', '-i', 'color=red:s=64x64:d=0.04'])],
];

describe('a source of which only the audio was fetched', () => {
  let fixture: TranscoderFixture;
  beforeAll(async () => {
    fixture = await TranscoderFixture.create();
  });
  afterAll(() => fixture.remove());

  it.each(SOURCES)('gives the same MP3, whatever the rest of the file contains: %s', async (_, make) => {
    const path = await make();
    const copy = await AudioOnlyCopy.of(path);
    const sparse = join(fixture.folder, 'sparse');
    await writeFile(sparse, copy.withGarbage());
    const expected = await fixture.transcode(path);
    expect(await fixture.transcode(sparse)).toEqual(expected);
    const keptBytes = copy.kept.reduce((sum, { start, end }) => sum + end - start + 1, 0);
    expect(keptBytes).toBeLessThan(copy.sizeBytes);
  });

  it('gives the same MP3 if it begins in the middle of another file', async () => {
    const whole = await makeClip({ seconds: SECONDS });
    const cut = await fixture.made('cut.mp4', ['-ss', '1.3', '-i', whole, '-c', 'copy']);
    const sparse = join(fixture.folder, 'sparse');
    await writeFile(sparse, (await AudioOnlyCopy.of(cut)).withGarbage());
    const expected = await fixture.transcode(cut);
    expect(await fixture.transcode(sparse)).toEqual(expected);
  });

  describe('beside the packets that ffprobe finds', () => {
    const ffprobe = testFfprobePath();
    beforeEach(({ skip }) => {
      if (ffprobe === null) skip('this ffmpeg has no ffprobe');
    });

    it.each(SOURCES)('has each one: %s', async (_, make) => {
      const path = await make();
      const copy = await AudioOnlyCopy.of(path);
      const packets = await packetPositions(ffprobe ?? '', path);
      expect(packets.length).toBeGreaterThan(10);
      expect(packets.filter(({ start, end }) => !copy.holds(start, end))).toEqual([]);
    });
  });
});
