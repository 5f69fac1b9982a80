import { describe, expect, it } from 'vitest';
import { outputName, readJob } from './conversion-job.js';
import { InvalidResponseError } from './problem.js';

const ID = '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11';

describe('the job in a response', () => {
  it.each([
    [48, 48],
    [-1, 0],
    [250, 100],
    [Number.NEGATIVE_INFINITY, 0],
    ['48', 0],
    [undefined, 0],
  ])('has a progress of %s percent read as %i', (progress, read) => {
    expect(readJob({ id: ID, status: 'PROCESSING', progress }).progress).toBe(read);
  });

  it.each([null, 'DONE', {}, { id: ID }, { id: '../me', status: 'DONE' }, { id: ID, status: 1 }])(
    'is missing in %j',
    (response) => {
      expect(() => readJob(response)).toThrow(InvalidResponseError);
    },
  );
});

describe('the name of an MP3', () => {
  it.each([
    ['clip.mp4', 'clip.mp3'],
    ['a.b.🎬.MKV', 'a.b.🎬.mp3'],
    ['.mp4', '.mp4.mp3'],
    ['', 'video.mp3'],
  ])('for %j is %j', (video, mp3) => expect(outputName(video)).toBe(mp3));
});
