import type { OutputEncoding } from '@app/domain';

export interface TranscodeProgress {
  /** 0–100; stays 0 while the length of the source is unknown. */
  readonly percent: number;
  readonly outTimeMs: number;
}

/** Cores that no running job uses. */
export interface SpareCores {
  /** Takes up to the given number of cores, and returns the number taken. */
  take(most: number): number;
  /** Gives one of them back. */
  giveBack(): void;
}

export interface TranscodeRequest {
  /** An absolute path in a folder that contains nothing else of value. */
  readonly sourcePath: string;
  readonly outputPath: string;
  readonly signal: AbortSignal;
  /** Long audio is also encoded on these; without them, on one core. */
  readonly spareCores?: SpareCores;
  onProgress(progress: TranscodeProgress): void;
  /** Called at the end of each step, with its name. */
  readonly onStep?: (step: 'prepare' | 'copy' | 'encode' | 'verify') => void;
}

export interface TranscodeResult {
  readonly durationMs: number;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly encoding: OutputEncoding;
  /** In how many parts, one process each, it was encoded; 1 for a copy. */
  readonly parts: number;
}

/**
 * Converts the audio of one local file into one complete, verified MP3. Rejects with a conversion failure, whose cause
 * is for the log, or with `signal.reason` on abort, after its processes are gone.
 */
export abstract class Transcoder {
  abstract transcode(request: TranscodeRequest): Promise<TranscodeResult>;
}
