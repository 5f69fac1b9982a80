import { describe, expect, it } from 'vitest';
import { conversionFailure } from './conversion-failure.js';
import { DomainError } from './domain-error.js';
import { FAILURES, failureSentence, isFailureCode, isRetriedAfter, type FailureCode } from './failure-code.js';
import { readFailureParams, type FailureParams } from './failure-params.js';

const codes = Object.keys(FAILURES).filter(isFailureCode);

describe('failure codes', () => {
  it('are exactly the ones that clients know', () => {
    expect(codes.toSorted()).toEqual([
      'attempts_exhausted',
      'corrupt_source',
      'encrypted_media',
      'ffmpeg_failed',
      'no_audio_stream',
      'output_not_found',
      'resource_limit',
      'storage_download_failed',
      'storage_upload_failed',
      'timed_out',
      'too_long',
      'unknown_error',
      'unsupported_format',
    ]);
  });

  it.each(codes)('%s has a sentence for people', (code) => {
    expect(FAILURES[code].message).toMatch(/^[A-Z].*\.$/);
  });

  it.each<FailureCode>(['no_audio_stream', 'unsupported_format', 'corrupt_source', 'encrypted_media', 'too_long'])(
    '%s lies in the file and is not tried again',
    (code) => {
      expect(FAILURES[code].retryable).toBe(false);
    },
  );

  it.each<FailureCode>(['storage_upload_failed', 'storage_download_failed', 'timed_out', 'resource_limit'])(
    '%s lies in the surroundings and is tried again',
    (code) => {
      expect(FAILURES[code].retryable).toBe(true);
    },
  );

  it('do not advise to do again what the owner did', () => {
    expect(FAILURES.unsupported_format.message).not.toMatch(/MKV|Matroska|MP4/);
  });

  it.each(['not_found', 'toString', ''])('%j is none', (code) => {
    expect(isFailureCode(code)).toBe(false);
  });
});

describe('isRetriedAfter', () => {
  it.each<[string, FailureCode, number, number, boolean]>([
    ['a failure that is retried once, on the first attempt', 'ffmpeg_failed', 1, 1, true],
    ['a failure that is retried once, on the second attempt', 'ffmpeg_failed', 2, 2, false],
    ['a failure that is retried once, on the first attempt that counts', 'ffmpeg_failed', 1, 4, true],
    ['a transient failure', 'storage_download_failed', 4, 4, true],
    ['a transient failure on the last attempt', 'storage_download_failed', 5, 5, false],
    ['a permanent failure', 'corrupt_source', 1, 1, false],
  ])('%s', (_case, code, countedAttempts, attempt, isRetried) => {
    expect(isRetriedAfter(code, { countedAttempts, attempt, maxAttempts: 5 })).toBe(isRetried);
  });
});

describe('failureSentence', () => {
  it.each<[FailureCode, FailureParams, string]>([
    ['unsupported_format', { format: 'xHE-AAC' }, 'The audio format xHE-AAC is not supported. '],
    ['unsupported_format', { layout: 'ambisonic' }, 'Ambisonic audio is not supported. '],
    ['unsupported_format', { channels: 9 }, 'Audio with 9 channels in this arrangement is not supported. '],
    ['unsupported_format', {}, 'The audio format is not supported. '],
    ['too_long', { seconds: 21_600 }, 'The audio is longer than 6 hours, '],
    ['too_long', { seconds: 60 }, 'The audio is longer than 1 minute, '],
    ['too_long', { seconds: 61 }, 'The audio is longer than 61 seconds, '],
    ['too_long', {}, 'The audio is longer than this service accepts. '],
    ['no_audio_stream', { seconds: 60 }, FAILURES.no_audio_stream.message],
  ])('of %s with %j', (code, params, beginning) => {
    const sentence = failureSentence(code, params);
    expect(sentence.startsWith(beginning)).toBe(true);
    expect(sentence).toMatch(/\.$/);
  });
});

describe('readFailureParams', () => {
  it.each<[unknown, FailureParams]>([
    [
      { format: 'Speex', seconds: 60 },
      { format: 'Speex', seconds: 60 },
    ],
    [{ format: '<b>mine</b>', channels: 'many', layout: 'round', seconds: -1, other: 1 }, {}],
    [{ channels: 9.5 }, {}],
    [null, {}],
    ['Speex', {}],
  ])('reads %j', (stored, params) => {
    expect(readFailureParams(stored)).toEqual(params);
  });
});

describe('conversionFailure', () => {
  it('carries the code, its sentence and its flag, and keeps the cause for the log', () => {
    const cause = new Error('socket hang up');
    const failure = conversionFailure('storage_upload_failed', cause);
    expect(failure).toBeInstanceOf(DomainError);
    expect(failure).toMatchObject({
      code: 'storage_upload_failed',
      message: FAILURES.storage_upload_failed.message,
      retryable: true,
      cause,
    });
    expect(failure.message).not.toContain('socket');
  });

  it('has no cause where none is known', () => {
    expect(conversionFailure('too_long')).not.toHaveProperty('cause');
  });
});
