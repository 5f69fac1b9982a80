import { describe, expect, it } from 'vitest';
import { conversionFailure } from './conversion-failure.js';
import { DomainError } from './domain-error.js';
import { FAILURES, isFailureCode, isRetriedAfter, type FailureCode } from './failure-code.js';

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

  it.each(['not_found', 'toString', ''])('%j is none', (code) => {
    expect(isFailureCode(code)).toBe(false);
  });
});

describe('isRetriedAfter', () => {
  it.each<[string, FailureCode, number, number, boolean]>([
    ['a doubtful failure of the first try', 'ffmpeg_failed', 1, 1, true],
    ['a doubtful failure of the second try', 'ffmpeg_failed', 2, 2, false],
    ['a doubtful failure of the first try after attempts that do not count', 'ffmpeg_failed', 1, 4, true],
    ['a transient failure', 'storage_download_failed', 4, 4, true],
    ['a transient failure of the last attempt', 'storage_download_failed', 5, 5, false],
    ['a permanent failure', 'corrupt_source', 1, 1, false],
  ])('%s', (_case, code, tries, attempt, isRetried) => {
    expect(isRetriedAfter(code, { tries, attempt, maxAttempts: 5 })).toBe(isRetried);
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
