import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { conversionFailure, type FailureCode } from '@app/domain';
import { Transcoder, type TranscodeRequest, type TranscodeResult } from '../src/transcoding/index.js';

export type Script = (request: TranscodeRequest) => Promise<TranscodeResult>;

/** Runs the test's script for each request; by default it succeeds. */
export class FakeTranscoder extends Transcoder {
  readonly requests: TranscodeRequest[] = [];
  running = 0;
  mostAtOnce = 0;
  private readonly scripts: Script[] = [];

  constructor(private readonly otherwise: Script = succeeds()) {
    super();
  }

  /** Adds scripts for the next requests. */
  next(...scripts: Script[]): void {
    this.scripts.push(...scripts);
  }

  async transcode(request: TranscodeRequest): Promise<TranscodeResult> {
    this.requests.push(request);
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      return await (this.scripts.shift() ?? this.otherwise)(request);
    } finally {
      this.running -= 1;
    }
  }
}

export function succeeds(audio = 'the audio'): Script {
  return async ({ outputPath }) => {
    await writeFile(outputPath, audio);
    const sha256 = createHash('sha256').update(audio).digest('hex');
    return { durationMs: 1_500, sizeBytes: Buffer.byteLength(audio), sha256, encoding: 'encoded', parts: 1 };
  };
}

export function fails(code: FailureCode): Script {
  return () => Promise.reject(conversionFailure(code, new Error('from ffmpeg')));
}

/** Runs until it is stopped. */
export function hangs(): Script {
  return ({ signal }) =>
    new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
}

/** Waits until the test opens it, then succeeds. */
export function waitsFor(opened: Promise<unknown>, audio?: string): Script {
  return async (request) => {
    await Promise.race([opened, hangs()(request)]);
    return succeeds(audio)(request);
  };
}
