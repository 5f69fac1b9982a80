import { readFile } from 'node:fs/promises';
import { compareAudio } from '@app/testing';
import { expect } from 'vitest';
import type { ApiClient, JobView } from '../api-client.js';
import { sha256, type Workbench } from './workbench.js';

const ID3_HEADER_BYTES = 10;
const MPEG_1_RATES = [44_100, 48_000, 32_000];
const MPEG_1 = 3;
const MPEG_2 = 2;
const MONO = 3;

/** Many jobs run at a time, and polling more often would cost more than the conversions. */
const INTERVAL_MS = 250;

export interface Converted {
  readonly encoding: string;
  readonly seconds: number;
  readonly channels: 'mono' | 'stereo';
  readonly sampleRate: number;
}

/** Converts files through the service like a user, and compares the results with those of plain ffmpeg. */
export class Trial {
  constructor(
    private readonly user: ApiClient,
    private readonly bench: Workbench,
  ) {}

  async converted(source: string): Promise<Converted> {
    const [job, plain] = await Promise.all([this.ended(source), this.bench.plain(source)]);
    expect(job).toMatchObject({ status: 'DONE', error: null, attempt: 1 });
    const mp3 = await this.user.download(job.id);
    expect(sha256(mp3)).toBe(job.output_sha256);
    if (job['encoding'] === 'copied') await this.expectSameAudio(plain, mp3);
    else
      expect(framesOf(mp3).equals(framesOf(await readFile(plain))), 'the frames are those of plain ffmpeg').toBe(true);
    return { encoding: String(job['encoding']), seconds: Number(job.duration), ...headerOf(mp3) };
  }

  /** Returns the code of the failed upload or job. */
  async failure(source: string): Promise<string> {
    const response = await this.user.uploadResponse(source, 'video.mp4');
    const answer = (await response.json()) as { id: string; code: string };
    if (response.status !== 202) return answer.code;
    const job = await this.user.ended(answer.id, INTERVAL_MS);
    expect(job).toMatchObject({ status: 'FAILED', retryable: false, attempt: 1 });
    return String(job.error);
  }

  private async ended(source: string): Promise<JobView> {
    return this.user.ended((await this.user.upload(source)).id, INTERVAL_MS);
  }

  private async expectSameAudio(plain: string, mp3: Buffer): Promise<void> {
    const audio = await compareAudio(plain, await this.bench.written('mp3', mp3));
    expect(Math.abs(audio.durationDifferenceSeconds)).toBeLessThanOrEqual(0.1);
    expect(Math.abs(audio.lagMs)).toBeLessThanOrEqual(1);
    expect(audio.weakestSecond).toBeGreaterThan(0.9);
  }
}

/** Returns the MP3 without its tag, which the service writes itself. */
export function framesOf(mp3: Buffer): Buffer {
  if (mp3.toString('latin1', 0, 3) !== 'ID3') return mp3;
  const tagBytes = mp3.subarray(6, 10).reduce((size, byte) => size * 128 + byte, 0);
  return mp3.subarray(ID3_HEADER_BYTES + tagBytes);
}

/** Reads the header of the first frame. */
function headerOf(mp3: Buffer): Pick<Converted, 'channels' | 'sampleRate'> {
  const header = framesOf(mp3).readUInt32BE(0);
  expect(header >>> 21, 'a frame begins').toBe(0x7ff);
  const version = (header >>> 19) & 3;
  const halvings = version === MPEG_1 ? 1 : version === MPEG_2 ? 2 : 4;
  const sampleRate = (MPEG_1_RATES[(header >>> 10) & 3] ?? 0) / halvings;
  return { sampleRate, channels: ((header >>> 6) & 3) === MONO ? 'mono' : 'stereo' };
}
