import { describe, expect, it } from 'vitest';
import { sourceFilename } from '../uploads/source-filename.js';
import { outputDisposition } from './content-disposition.js';
import { outputFilename } from './output-filename.js';

describe('outputFilename', () => {
  it.each([
    ['clip.mp4', 'clip.mp3'],
    ['two.dots.mkv', 'two.dots.mp3'],
    ['no ending', 'no ending.mp3'],
    ['.mp4', '.mp4.mp3'],
    ['clip.', 'clip.mp3'],
  ])('turns %j into %j', (source, expected) => {
    expect(outputFilename(source)).toBe(expected);
  });
});

describe('outputDisposition', () => {
  it.each(['a"b\\c.mp4', '50%.mp4', '%0d%0aX: 1.mp4', 'é\r\nX: 1.mp4', '🎬.mp4', "it's; filename=x.mp4"])(
    'builds a header from %j that contains only the name',
    (name) => {
      const header = outputDisposition(sourceFilename(name));
      expect(header).toMatch(/^attachment; filename=("[^"\\]*"|[\w.%-]+)(; filename\*=UTF-8''[\w.%!#$&+^`|~-]+)?$/);
      expect(header).toMatch(/^[\x20-\x7e]+$/);
    },
  );

  it.each([
    ['clip.mp4', 'attachment; filename=clip.mp3'],
    ['50%.mp4', 'attachment; filename=50%.mp3'],
    ['a"b\\c.mp4', `attachment; filename=a'b'c.mp3; filename*=UTF-8''a%22b%5Cc.mp3`],
    ['é🎬.mp4', `attachment; filename="??.mp3"; filename*=UTF-8''%C3%A9%F0%9F%8E%AC.mp3`],
  ])('for %j is %s', (name, header) => {
    expect(outputDisposition(name)).toBe(header);
  });
});
