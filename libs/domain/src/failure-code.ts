interface Failure {
  /** A sentence for people: what happened and what to do next. */
  readonly message: string;
  /** Whether the same source may succeed on another try. Only these are retried by the service itself. */
  readonly retryable: boolean;
  /** The most tries if another one is likely to end in the same way. */
  readonly maxTries?: number;
}

const permanent = (message: string): Failure => ({ message, retryable: false });
const transient = (message: string): Failure => ({ message, retryable: true });
/** Caused by the file or by the machine: a second try shows which. */
const doubtful = (message: string): Failure => ({ message, retryable: true, maxTries: 2 });

/** Why a conversion job failed: a closed union, each code with a fixed sentence for its owner. */
export const FAILURES = {
  no_audio_stream: permanent('The video has no sound. Upload a video with an audio track.'),
  unsupported_format: permanent(
    'The sound of this file is in a format that cannot be read. Convert it to MP4 or MKV and upload it again.',
  ),
  corrupt_source: permanent('The file is damaged or incomplete. Check that it plays to its end, then upload it again.'),
  encrypted_media: permanent('The file is encrypted (DRM). Upload a file without copy protection.'),
  too_long: permanent('The sound is longer than this service accepts. Cut the video into shorter parts.'),
  timed_out: doubtful('The conversion took too long and was stopped.'),
  ffmpeg_failed: doubtful('The converter stopped unexpectedly on this file.'),
  resource_limit: doubtful('The conversion needed more memory, processor time or disk than it is allowed.'),
  storage_upload_failed: transient('The MP3 could not be stored.'),
  storage_download_failed: transient('The uploaded video could not be read from storage.'),
  output_not_found: permanent('The MP3 is no longer in storage. Upload the video again.'),
  attempts_exhausted: permanent(
    'The conversion was tried several times and its worker stopped each time. The file may need more resources than a worker has.',
  ),
  unknown_error: transient('The conversion failed for an unexpected reason.'),
} satisfies Record<string, Failure>;

export type FailureCode = keyof typeof FAILURES;

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(FAILURES, code);
}

/** A run of tries, which a drain and the owner's retry do not count against. */
export interface Tries {
  readonly tries: number;
  readonly attempt: number;
  readonly maxAttempts: number;
}

/** Returns whether the service itself tries again after a try failed with this code. */
export function isRetriedAfter(code: FailureCode, { tries, attempt, maxAttempts }: Tries): boolean {
  const failure: Failure = FAILURES[code];
  return failure.retryable && attempt < maxAttempts && tries < (failure.maxTries ?? Infinity);
}
