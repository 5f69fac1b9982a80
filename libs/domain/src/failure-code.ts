import { durationText, type FailureParams } from './failure-params.js';

interface Failure {
  /** The sentence for users: the problem, then what to do. */
  readonly message: string;
  /** Returns the message with details of this job, or null if none are known. */
  readonly template?: (params: FailureParams) => string | null;
  /** True if the same source can succeed on another attempt. The service retries only these failures. */
  readonly retryable: boolean;
  /** Limits the attempts if another one is likely to fail in the same way. */
  readonly maxAttempts?: number;
}

const permanent = (message: string, template?: Failure['template']): Failure => ({
  message,
  retryable: false,
  ...(template !== undefined && { template }),
});
const transient = (message: string): Failure => ({ message, retryable: true });
/** The cause can be the file or the machine, so these are retried once. */
const retriedOnce = (message: string): Failure => ({ message, retryable: true, maxAttempts: 2 });

const SUPPORTED = 'Use AAC, MP3, Opus, Vorbis, FLAC, ALAC, AC-3, DTS or PCM.';

/** The reasons why a conversion can fail, each with its message for the job's owner. */
export const FAILURES = {
  no_audio_stream: permanent('The file has no audio track. Upload a video that has one.'),
  unsupported_format: permanent(`The audio format is not supported. ${SUPPORTED}`, unsupportedFormat),
  corrupt_source: permanent('The file is damaged or incomplete. Check that it plays to its end, then upload it again.'),
  encrypted_media: permanent('The file is encrypted (DRM). Upload a file without copy protection.'),
  too_long: permanent(
    'The audio is longer than this service accepts. Cut the video into shorter parts.',
    ({ seconds }) =>
      seconds === undefined
        ? null
        : `The audio is longer than ${durationText(seconds)}, the limit of this service. Cut the video into shorter parts.`,
  ),
  timed_out: retriedOnce('The conversion took too long and was stopped.'),
  ffmpeg_failed: retriedOnce('The converter stopped unexpectedly on this file.'),
  resource_limit: retriedOnce('The conversion exceeded its limit of memory, processor time or disk space.'),
  storage_upload_failed: transient('The MP3 could not be stored.'),
  storage_download_failed: transient('The uploaded video could not be read from storage.'),
  output_not_found: permanent('The MP3 is no longer in storage. Upload the video again.'),
  attempts_exhausted: permanent(
    'The converter stopped in every attempt. The file may need more resources than the service has.',
  ),
  unknown_error: transient('The conversion failed for an unexpected reason.'),
} satisfies Record<string, Failure>;

function unsupportedFormat({ format, layout, channels }: FailureParams): string | null {
  if (format !== undefined) return `The audio format ${format} is not supported. ${SUPPORTED}`;
  if (layout === 'ambisonic') return 'Ambisonic audio is not supported. Mix it down to stereo.';
  if (channels === undefined) return null;
  return `Audio with ${channels} channels in this arrangement is not supported. Mix it down to stereo.`;
}

export type FailureCode = keyof typeof FAILURES;

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(FAILURES, code);
}

/** Returns the message of a failure for the job's owner. */
export function failureSentence(code: FailureCode, params: FailureParams = {}): string {
  const failure: Failure = FAILURES[code];
  return failure.template?.(params) ?? failure.message;
}

/** The number of attempts of a job, and its limit. */
export interface Attempts {
  /**
   * The attempts that count towards the limit. Attempts that a shutdown interrupted, and those before the owner's
   * retry, do not count.
   */
  readonly countedAttempts: number;
  readonly attempt: number;
  readonly maxAttempts: number;
}

/** Returns whether the service retries a job after an attempt that failed with this code. */
export function isRetriedAfter(code: FailureCode, { countedAttempts, attempt, maxAttempts }: Attempts): boolean {
  const failure: Failure = FAILURES[code];
  return failure.retryable && attempt < maxAttempts && countedAttempts < (failure.maxAttempts ?? Infinity);
}
