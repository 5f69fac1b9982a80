import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffmpegProgram } from './ffmpeg-program.js';

const V3 = 'fpu avx avx2 bmi1 bmi2 f16c fma abm movbe sse4_2';
const processor =
  (flags: string): (() => string) =>
  () =>
    `processor\t: 0\nmodel name\t: avx2 fma bmi2\nflags\t\t: ${flags}\nbugs\t\t:\n`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ffmpeg-program-'));
  for (const name of ['ffmpeg', 'ffmpeg-x86-64-v3']) writeFileSync(join(folder, name), '');
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('ffmpegProgram', () => {
  it.each(['ffmpeg', 'apps', '/usr/bin/ffmpeg', '/no/such/program'])('takes a program as it is: %s', (path) => {
    expect(ffmpegProgram(path, processor(V3))).toBe(path);
  });

  it('takes a program that is given by its path also if it is one of the folder', () => {
    const path = join(folder, 'ffmpeg');
    expect(ffmpegProgram(path, processor(V3))).toBe(path);
  });

  it('takes the program for newer processors on one that has all that it needs', () => {
    expect(ffmpegProgram(folder, processor(V3))).toBe(join(folder, 'ffmpeg-x86-64-v3'));
  });

  it.each(V3.split(' ').slice(1, -1))('takes the one for every processor if %s is missing', (flag) => {
    const flags = V3.split(' ').filter((name) => name !== flag);
    expect(ffmpegProgram(folder, processor(flags.join(' ')))).toBe(join(folder, 'ffmpeg'));
  });

  it('takes the one for every processor if the processor is unknown or there is no other', () => {
    expect(ffmpegProgram(folder, () => '')).toBe(join(folder, 'ffmpeg'));
    rmSync(join(folder, 'ffmpeg-x86-64-v3'));
    expect(ffmpegProgram(folder, processor(V3))).toBe(join(folder, 'ffmpeg'));
  });
});
