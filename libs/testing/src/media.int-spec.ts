import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareAudio, decodeExactly } from './compare-audio.js';
import { ffmpeg } from './ffmpeg-run.js';
import { heAacStream } from './he-aac-stream.js';
import { makeClip, makeMedia, sweepSource } from './media.js';

describe('compareAudio', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compare-audio-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('finds that a correct MP3 has the same audio', async () => {
    const clip = await makeClip({ seconds: 5 });
    const mp3 = join(folder, 'faithful.mp3');
    await ffmpeg(['-i', clip, '-vn', '-y', mp3]);
    const comparison = await compareAudio(clip, mp3);
    expect(Math.abs(comparison.durationDifferenceSeconds)).toBeLessThan(0.1);
    expect(Math.abs(comparison.lagMs)).toBeLessThanOrEqual(1);
    expect(comparison.weakestSecond).toBeGreaterThan(0.95);
  });

  it.each([
    ['a late start', 'adelay=30|30', 30],
    ['an early start', 'atrim=start=0.03,asetpts=PTS-STARTPTS', -30],
  ])('measures %s', async (name, filter, lagMs) => {
    const clip = await makeClip({ seconds: 5 });
    const mp3 = join(folder, `${name.replaceAll(' ', '-')}.mp3`);
    await ffmpeg(['-i', clip, '-vn', '-af', filter, '-y', mp3]);
    expect((await compareAudio(clip, mp3)).lagMs).toBeCloseTo(lagMs, 0);
  });

  it.each([
    ['a second in another place', 'asegment'],
    ['swapped channels', 'pan=stereo|c0=c1|c1=c0'],
    ['a silent part', "volume='if(between(t,2,3),0,1)':eval=frame"],
  ])('sees %s', async (name, filter) => {
    const clip = await makeClip({ seconds: 5 });
    const mp3 = join(folder, `${name.replaceAll(' ', '-')}.mp3`);
    const moved = '[0:a]asplit[a][b];[a]atrim=1:5,asetpts=PTS-STARTPTS[c];[b]atrim=0:1[d];[c][d]concat=v=0:a=1';
    await ffmpeg([
      '-i',
      clip,
      '-vn',
      ...(filter === 'asegment' ? ['-filter_complex', moved] : ['-af', filter]),
      '-y',
      mp3,
    ]);
    expect((await compareAudio(clip, mp3)).weakestSecond).toBeLessThan(0.5);
  });
});

describe('heAacStream', () => {
  it('has audio at frequencies where its core has none', async () => {
    const core = await makeMedia('aac', [
      ...['-f', 'lavfi', '-i', sweepSource(2, 1, 22_050), '-c:a', 'aac', '-flags', '+bitexact'],
    ]);
    const folder = await mkdtemp(join(tmpdir(), 'he-aac-'));
    const whole = join(folder, 'he.aac');
    await writeFile(whole, heAacStream(await readFile(core)));
    const power = async (source: string): Promise<number> => {
      const high = join(folder, 'high.wav');
      await ffmpeg(['-i', source, '-af', 'highpass=f=9000,highpass=f=9000', '-y', high]);
      const samples = await decodeExactly(high);
      return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    };
    expect(await power(whole)).toBeGreaterThan(10 * (await power(core)));
    await rm(folder, { recursive: true });
  });
});
