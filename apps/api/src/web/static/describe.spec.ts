import { describe as suite, expect, it } from 'vitest';
import { readJob, type ConversionJob } from '../client/index.js';
import { Conversion } from './conversion.js';
import { describe } from './describe.js';

const MEGABYTE = 1_000_000;

function aJob(changes: Partial<ConversionJob>): ConversionJob {
  return readJob({
    id: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11',
    status: 'PENDING',
    filename: 'clip.mp4',
    size: MEGABYTE,
    progress: 0,
    error_message: null,
    retryable: null,
    duration: null,
    output_size: null,
    ...changes,
  });
}

function following(changes: Partial<ConversionJob>, file: File | null = new File([], 'clip.mp4')): Conversion {
  const conversion = new Conversion('clip.mp4', MEGABYTE, file);
  conversion.follow(aJob(changes));
  return conversion;
}

suite('a card', () => {
  it('shows how far an upload and a conversion are', () => {
    const conversion = new Conversion('clip.mp4', MEGABYTE, null);
    conversion.moveTo('uploading', { fraction: 0.425 });
    expect(describe(conversion)).toMatchObject({ words: 'Uploading', detail: '42 % of 1.0 MB', progress: 0.425 });
    conversion.follow(aJob({ status: 'PROCESSING', progress: 7 }));
    expect(describe(conversion)).toMatchObject({ words: 'Converting', detail: '7 %', progress: 0.07 });
  });

  it('shows the duration and the size of the MP3, as far as they are known', () => {
    expect(describe(following({ status: 'DONE', duration: 65, output_size: 2 * MEGABYTE }))).toMatchObject({
      words: 'MP3 ready',
      detail: '1:05 · 2.0 MB',
      tone: 'good',
    });
    expect(describe(following({ status: 'DONE' })).detail).toBe('');
  });

  it('says why a conversion failed, and what to do if another try can help', () => {
    const failed = { status: 'FAILED', error_message: 'It stopped.', retryable: true } as const;
    expect(describe(following(failed)).problem).toBe('It stopped. Try again.');
    expect(describe(following(failed, null)).problem).toBe('It stopped. Try again.');
    expect(describe(following({ ...failed, retryable: false })).problem).toBe('It stopped.');
    expect(describe(following({ status: 'FAILED' }))).toMatchObject({ tone: 'bad', problem: 'The conversion failed.' });
  });

  it('does not look like an error if an upload starts again by itself', () => {
    const conversion = new Conversion('clip.mp4', MEGABYTE, null);
    conversion.moveTo('interrupted', { message: 'It goes on.' });
    expect(describe(conversion)).toMatchObject({ tone: 'plain', problem: 'It goes on.' });
    expect(conversion.hasEnded).toBe(false);
    conversion.moveTo('not-sent', { message: 'It is too large.' });
    expect(describe(conversion)).toMatchObject({ tone: 'bad', problem: 'It is too large.' });
    expect(conversion.hasEnded && conversion.hasFailed).toBe(true);
  });
});
