import { readFile } from 'node:fs/promises';
import { compareSound } from '@app/testing';
import { expect } from 'vitest';
import type { ApiClient, JobView } from '../api-client.js';
import { sha256, type Workbench } from './workbench.js';

const MPEG_1_RATES = [44_100, 48_000, 32_000];
const MPEG_1 = 3;
const MPEG_2 = 2;
const MONO = 3;

const TIMEOUT_MS = 90_000;
/** Many jobs are waited for at a time: asking more often would cost more than the conversions. */
const INTERVAL_MS = 250;

export interface Converted {
  readonly encoding: string;
  readonly seconds: number;
  readonly channels: 'mono' | 'stereo';
  readonly sampleRate: number;
}

/** Takes files through the service as a user does, and compares what comes out with what plain ffmpeg makes of them. */
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
    if (job['encoding'] === 'copied') await this.expectSameSound(plain, mp3);
    else expect(mp3.equals(await readFile(plain)), 'the MP3 is the one that plain ffmpeg makes').toBe(true);
    return { encoding: String(job['encoding']), seconds: Number(job.duration), ...headerOf(mp3) };
  }

  /** The code with which the upload or the job is refused. */
  async refused(source: string): Promise<string> {
    const response = await this.user.uploadResponse(source, 'video.mp4');
    const answer = (await response.json()) as { id: string; code: string };
    if (response.status !== 202) return answer.code;
    const job = await this.user.ended(answer.id, TIMEOUT_MS, INTERVAL_MS);
    expect(job).toMatchObject({ status: 'FAILED', retryable: false, attempt: 1 });
    return String(job.error);
  }

  private async ended(source: string): Promise<JobView> {
    return this.user.ended((await this.user.upload(source)).id, TIMEOUT_MS, INTERVAL_MS);
  }

  private async expectSameSound(plain: string, mp3: Buffer): Promise<void> {
    const sound = await compareSound(plain, await this.bench.written('mp3', mp3));
    expect(Math.abs(sound.durationDifferenceSeconds)).toBeLessThanOrEqual(0.1);
    expect(Math.abs(sound.lagMs)).toBeLessThanOrEqual(1);
    expect(sound.weakestSecond).toBeGreaterThan(0.9);
  }
}

/** What the header of the first frame says, behind the tag that ffmpeg writes in front. */
function headerOf(mp3: Buffer): Pick<Converted, 'channels' | 'sampleRate'> {
  const hasTag = mp3.toString('latin1', 0, 3) === 'ID3';
  const tagBytes = hasTag ? [6, 7, 8, 9].reduce((size, at) => size * 128 + mp3.readUInt8(at), 0) + 10 : 0;
  const header = mp3.readUInt32BE(tagBytes);
  expect(header >>> 21, 'a frame begins').toBe(0x7ff);
  const version = (header >>> 19) & 3;
  const halvings = version === MPEG_1 ? 1 : version === MPEG_2 ? 2 : 4;
  const sampleRate = (MPEG_1_RATES[(header >>> 10) & 3] ?? 0) / halvings;
  return { sampleRate, channels: ((header >>> 6) & 3) === MONO ? 'mono' : 'stereo' };
}
