import type { OutputEncoding } from '@app/domain';

export interface TranscodeProgress {
  /** 0–100; stays 0 while the length of the source is unknown. */
  readonly percent: number;
  readonly outTimeMs: number;
}

export interface TranscodeRequest {
  /** An absolute path in a folder that holds nothing else of value. */
  readonly sourcePath: string;
  readonly outputPath: string;
  readonly signal: AbortSignal;
  onProgress(progress: TranscodeProgress): void;
}

export interface TranscodeResult {
  readonly durationMs: number;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly encoding: OutputEncoding;
}

/**
 * Converts the audio of one local file into one complete, verified MP3. Rejects with a conversion failure, whose cause
 * is for the log, or with `signal.reason` on abort, after its processes are gone.
 */
export abstract class Transcoder {
  abstract transcode(request: TranscodeRequest): Promise<TranscodeResult>;
}
