import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceUnderTest } from './support/service-under-test.js';

const README = join(import.meta.dirname, '../README.md');
const README_URL = 'http://127.0.0.1:3000';

const lacks = ['bash', 'curl', 'ffmpeg', 'ffprobe'].filter((program) => spawnSync(program, ['-h']).error !== undefined);
if (lacks.length > 0) console.warn(`The README's walk-through is skipped: ${lacks.join(', ')} not found`);

const run = promisify(execFile);

async function walkThrough(url: string): Promise<string> {
  const text = await readFile(README, 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const block = blocks.find((candidate) => candidate.includes('curl'));
  if (block === undefined || !block.includes(README_URL)) throw new Error('The README has no walk-through');
  return block.replaceAll(README_URL, url);
}

async function durationSeconds(path: string): Promise<number> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path]);
  return Number(stdout);
}

describe.skipIf(lacks.length > 0)('the walk-through of the README', () => {
  let service: ServiceUnderTest;
  let folder: string;

  beforeAll(async () => {
    service = await ServiceUnderTest.start();
    folder = await mkdtemp(join(tmpdir(), 'readme-'));
  });

  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('results in a playable MP3 with the duration of the video', async () => {
    const { stdout } = await run('bash', ['-c', await walkThrough(service.baseUrl)], { cwd: folder });
    expect(stdout).toContain('"status":"DONE"');
    const [video, mp3] = await Promise.all(['clip.mp4', 'clip.mp3'].map((name) => durationSeconds(join(folder, name))));
    expect(video).toBeGreaterThan(4.9);
    expect(mp3).toBeCloseTo(video ?? 0, 0);
  });

  it('works if it is pasted again', async () => {
    const { stdout } = await run('bash', ['-c', await walkThrough(service.baseUrl)], { cwd: folder });
    expect(stdout).toContain('username_taken');
    expect(stdout).toContain('"status":"DONE"');
  });
});
