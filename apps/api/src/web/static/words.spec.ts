import { describe, expect, it } from 'vitest';
import { durationInWords, mp3Name, percentInWords, sizeInWords } from './words.js';

describe('the page says', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9951, '10 kB'],
    [999_600, '1.0 MB'],
    [16 * 1024 ** 3, '17 GB'],
    [5e15, '5000 TB'],
  ])('%d bytes as %s', (bytes, words) => expect(sizeInWords(bytes)).toBe(words));

  it.each([
    [0.4, '0:00'],
    [59.6, '1:00'],
    [245, '4:05'],
    [3723, '1:02:03'],
    [360_000, '100:00:00'],
  ])('%d seconds as %s', (seconds, words) => expect(durationInWords(seconds)).toBe(words));

  it('100 % only when it is over', () => {
    expect([0, 0.455, 0.999, 1].map(percentInWords)).toEqual(['0 %', '45 %', '99 %', '99 %']);
  });

  it.each([
    ['clip.mp4', 'clip.mp3'],
    ['a.b.🎬.MKV', 'a.b.🎬.mp3'],
    ['.mp4', '.mp4.mp3'],
    ['', 'video.mp3'],
  ])('that the MP3 of %j is called %j', (video, mp3) => expect(mp3Name(video)).toBe(mp3));
});
