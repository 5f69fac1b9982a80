import { describe, expect, it } from 'vitest';
import { collisionKey, outputNameFromService } from './output-name.js';
import { outputPath } from './output-options.js';

describe('the place of an MP3', () => {
  it.each([
    ['video.mp4', null, 'video.mp3'],
    ['films/video.mp4', null, 'films/video.mp3'],
    ['/films/a.b.mkv', null, '/films/a.b.mp3'],
    ['films/кино 🎬.webm', 'out', 'out/кино 🎬.mp3'],
    ['-talk.mp4', null, '-talk.mp3'],
    ['no-ending', null, 'no-ending.mp3'],
    ['.hidden', null, '.hidden.mp3'],
    ['../up.mov', 'out dir', 'out dir/up.mp3'],
    ['song.mp3', null, 'song.mp3'],
  ])('of %s with folder %s is %s', (source, folder, output) => {
    expect(outputPath(source, { folder, file: null, force: false })).toBe(output);
  });

  it.each([
    ['clip.mp4', 'clip.mp3'],
    ['../../etc/cron.d/x.mp4', 'x.mp3'],
    ['C:\\windows\\x.mp4', 'x.mp3'],
    ['a\u001b[2Jb\n.mp4', 'a[2Jb .mp3'],
    ['', 'video.mp3'],
    ['..', 'video.mp3'],
    ['/', 'video.mp3'],
    ['what?*.mp4', 'what__.mp3'],
  ])('never leaves its folder, whatever the service calls it: %j', (filename, name) => {
    expect(outputNameFromService(filename)).toBe(name);
  });

  it('is the same for names that are one file on the disk', () => {
    expect(collisionKey('/a/B.mp3', 'darwin')).toBe(collisionKey('/A/b.mp3', 'darwin'));
    expect(collisionKey('e\u0301', 'darwin')).toBe(collisionKey('\u00e9', 'darwin'));
    expect(collisionKey('/a/B.mp3', 'linux')).not.toBe(collisionKey('/a/b.mp3', 'linux'));
  });
});
