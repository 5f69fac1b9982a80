import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBuiltPrograms } from '../lean-ffmpeg/built-programs.mjs';
import { programsFor, recipeHash } from '../lean-ffmpeg/recipe.mjs';
import { findConverter } from './ffmpeg.mjs';

const PROGRAMS = Object.keys(programsFor(process.arch));
let builds: string;

beforeEach(() => {
  builds = mkdtempSync(join(tmpdir(), 'builds-'));
});

afterEach(() => rmSync(builds, { recursive: true }));

function built(name: string, minute: number, programs = PROGRAMS): string {
  const folder = join(builds, name);
  mkdirSync(folder);
  for (const program of programs) writeFileSync(join(folder, program), '');
  utimesSync(folder, minute * 60, minute * 60);
  return folder;
}

describe('findBuiltPrograms', () => {
  it('finds the newest programs of the recipe', () => {
    const newest = built(`${recipeHash()}-ffmpeg_2-lame_1`, 2);
    built(`${recipeHash()}-ffmpeg_1-lame_1`, 1);
    expect(findBuiltPrograms(builds)).toBe(newest);
  });

  it('ignores those of another recipe, and incomplete ones', () => {
    expect(findBuiltPrograms(join(builds, 'absent'))).toBeNull();
    built('0123456789ab-ffmpeg_1-lame_1', 1);
    built('work-1-abc', 2);
    built(`${recipeHash()}-ffmpeg_1-lame_1`, 3, PROGRAMS.slice(1));
    expect(findBuiltPrograms(builds)).toBeNull();
  });
});

describe('findConverter', () => {
  it('takes FFMPEG_PATH, else the built programs, else those of the system', () => {
    expect(findConverter('/own/ffmpeg', '/built')).toBe('/own/ffmpeg');
    expect(findConverter(undefined, '/built')).toBe('/built');
    expect(findConverter('', '/built')).toBe('/built');
    expect(findConverter(undefined, null)).not.toBe('/built');
  });
});
