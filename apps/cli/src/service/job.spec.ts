import { describe, expect, it } from 'vitest';
import { readJob } from './job.js';

const ID = '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11';

describe('what a service says of a job', () => {
  it.each([
    [48, 48],
    [-1, 0],
    [250, 100],
    [Number.NEGATIVE_INFINITY, 0],
    ['48', 0],
    [undefined, 0],
  ])('has a progress of %s per cent drawn as %i', (progress, drawn) => {
    expect(readJob({ id: ID, status: 'PROCESSING', progress }).progress).toBe(drawn);
  });

  it.each([null, 'DONE', {}, { id: ID }, { id: '../me', status: 'DONE' }, { id: ID, status: 1 }])(
    'is none of a service in %j',
    (answer) => {
      expect(() => readJob(answer)).toThrow('not one of a video-to-mp3 service');
    },
  );
});
