import { create as contentDisposition } from 'content-disposition';
import { describe, expect, it } from 'vitest';
import { outputFilename, sourceFilename } from './source-filename.js';

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

  it('cuts a long name before its ending, never inside a character', () => {
    const name = sourceFilename(`${'🎬'.repeat(400)}.mp4`);
    expect(name).toBe(`${'🎬'.repeat(251)}.mp4`);
  });
});

describe('outputFilename', () => {
  it.each([
    ['clip.mp4', 'clip.mp3'],
    ['two.dots.mkv', 'two.dots.mp3'],
    ['no ending', 'no ending.mp3'],
    ['.mp4', '.mp4.mp3'],
    ['clip.', 'clip.mp3'],
  ])('makes %j into %j', (source, expected) => {
    expect(outputFilename(source)).toBe(expected);
  });

  it.each(['a"b\\c.mp4', '50%.mp4', '%0d%0aX: 1.mp4', 'é\r\nX: 1.mp4', '🎬.mp4', "it's; filename=x.mp4"])(
    'makes a header of %j that holds nothing but the name',
    (name) => {
      const header = contentDisposition(outputFilename(sourceFilename(name)));
      expect(header).toMatch(
        /^attachment; filename=("([^"\\]|\\.)*"|[\w.%-]+)(; filename\*=UTF-8''[\w.%!#$&+^`|~-]+)?$/,
      );
      expect(header).toMatch(/^[\x20-\x7e]+$/);
    },
  );
});
