import { describe, expect, it } from 'vitest';
import { sourceFilename } from './source-filename.js';

describe('sourceFilename', () => {
  it.each([
    ['clip.mp4', 'clip.mp4'],
    ['Fête 影片 🎬.mkv', 'Fête 影片 🎬.mkv'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\videos\\evil.mp4', 'evil.mp4'],
    ['a\r\nSet-Cookie: x\0.mp4', 'aSet-Cookie: x.mp4'],
    ['evil\u202e3pm.exe', 'evil3pm.exe'],
    ['half \ud800 pair.mp4', 'half  pair.mp4'],
    ['  .mp4  ', '.mp4'],
    ['', 'video'],
    ['..', 'video'],
    ['folder/', 'video'],
  ])('makes %j into %j', (name, expected) => {
    expect(sourceFilename(name)).toBe(expected);
  });

  it('shortens a long name before its extension, never inside a character', () => {
    const name = sourceFilename(`${'🎬'.repeat(400)}.mp4`);
    expect(name).toBe(`${'🎬'.repeat(251)}.mp4`);
  });
});
