import { describe as suite, expect, it } from 'vitest';
import type { Job } from './api.js';
import { Conversion } from './conversion.js';
import { describe } from './describe.js';

const MEGABYTE = 1_000_000;

function aJob(changes: Partial<Job>): Job {
  return {
    id: 'a7f1',
    status: 'PENDING',
    filename: 'clip.mp4',
    size: MEGABYTE,
    progress: 0,
    error_message: null,
    retryable: null,
    duration: null,
    output_size: null,
    ...changes,
  };
}

function following(changes: Partial<Job>, file: File | null = new File([], 'clip.mp4')): Conversion {
  const conversion = new Conversion('clip.mp4', MEGABYTE, file);
  conversion.follow(aJob(changes));
  return conversion;
}

suite('a card', () => {
  it('shows how far an upload and a conversion are', () => {
    const conversion = new Conversion('clip.mp4', MEGABYTE, null);
    conversion.moveTo('uploading', { part: 0.425 });
    expect(describe(conversion)).toMatchObject({ words: 'Uploading', detail: '42 % of 1.0 MB', progress: 0.425 });
    conversion.follow(aJob({ status: 'PROCESSING', progress: 7 }));
    expect(describe(conversion)).toMatchObject({ words: 'Converting', detail: '7 %', progress: 0.07 });
  });

  it('says how long and how large the MP3 is, as far as that is known', () => {
    expect(describe(following({ status: 'DONE', duration: 65, output_size: 2 * MEGABYTE }))).toMatchObject({
      words: 'MP3 ready',
      detail: '1:05 · 2.0 MB',
      tone: 'good',
    });
    expect(describe(following({ status: 'DONE' })).detail).toBe('');
  });

  it('says why a conversion failed, and what to do where another try may help', () => {
    const failed = { status: 'FAILED', error_message: 'It stopped.', retryable: true } as const;
    expect(describe(following(failed)).why).toBe('It stopped. Try again.');
    expect(describe(following(failed, null)).why).toBe('It stopped. Choose the file again to try once more.');
    expect(describe(following({ ...failed, retryable: false })).why).toBe('It stopped.');
    expect(describe(following({ status: 'FAILED' }))).toMatchObject({ tone: 'bad', why: 'The conversion failed.' });
  });

  it('is not alarmed where an upload begins again by itself', () => {
    const conversion = new Conversion('clip.mp4', MEGABYTE, null);
    conversion.moveTo('held', { message: 'It goes on.' });
    expect(describe(conversion)).toMatchObject({ tone: 'plain', why: 'It goes on.' });
    expect(conversion.hasEnded).toBe(false);
    conversion.moveTo('not-sent', { message: 'It is too large.' });
    expect(describe(conversion)).toMatchObject({ tone: 'bad', why: 'It is too large.' });
    expect(conversion.hasEnded && conversion.hasFailed).toBe(true);
  });
});
