import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpeg, converterPath } from '@app/testing';
import { id3TagBytes } from '../src/mp3/id3-header.js';
import { FfmpegTranscoder } from '../src/transcoding/ffmpeg-transcoder.js';
import { ffmpegProgram } from '../src/ffmpeg/ffmpeg-program.js';
import { FfmpegEnv } from '../src/ffmpeg/ffmpeg.env.js';
import { chooseSandbox } from '../src/sandbox/choose-sandbox.js';
import type { Sandbox } from '../src/sandbox/sandbox.js';
import type { PartRules } from '../src/transcoding/part-plan.js';
import type { TranscodeRequest, TranscodeResult } from '../src/transcoding/transcoder.js';

/** Parts of a few seconds, so that short clips are long enough. */
const SHORT_PARTS: PartRules = { minDurationMs: 10_000, minPartSamples: 0, maxParts: 8 };

/** A folder of test media and a transcoder over a real ffmpeg. */
export class TranscoderFixture {
  readonly outputPath: string;

  private constructor(
    readonly folder: string,
    readonly sandbox: Sandbox,
    private readonly program: string,
  ) {
    this.outputPath = join(folder, 'output.mp3');
  }

  /** @param converter what the transcoder runs: a program, or the folder of the lean ones */
  static async create(converter = converterPath()): Promise<TranscoderFixture> {
    const program = ffmpegProgram(converter);
    const log = { warn: (): void => undefined };
    const sandbox = await chooseSandbox({ isProduction: false, mode: 'relaxed', ffmpegPath: program, log });
    return new TranscoderFixture(await mkdtemp(join(tmpdir(), 'transcoder-')), sandbox, program);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  transcode(
    sourcePath: string,
    settings: Partial<FfmpegEnv> = {},
    more: Partial<TranscodeRequest> = {},
  ): Promise<TranscodeResult> {
    const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: this.program }, settings);
    return new FfmpegTranscoder(env, this.sandbox, SHORT_PARTS).transcode({
      sourcePath,
      outputPath: this.outputPath,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...more,
    });
  }

  /** A file that plain ffmpeg makes in the fixture's folder. */
  async made(name: string, args: readonly string[]): Promise<string> {
    const path = join(this.folder, name);
    await ffmpeg([...args, '-y', path]);
    return path;
  }

  /** A changed copy of a file. */
  async changed(sourcePath: string, change: (bytes: Buffer) => Buffer): Promise<string> {
    const path = join(this.folder, 'changed');
    await writeFile(path, change(await readFile(sourcePath)));
    return path;
  }

  async sha256Of(path: string): Promise<string> {
    return sha256(await readFile(path));
  }

  /** Of an MP3 without the tag in front of it. */
  async framesSha256Of(path: string): Promise<string> {
    return sha256(withoutTag(await readFile(path)));
  }

  /** Of the frames that `ffmpeg -i source -vn output.mp3` gives. */
  async plainFramesSha256(sourcePath: string): Promise<string> {
    return this.framesSha256Of(await this.made('plain.mp3', ['-i', sourcePath, '-vn']));
  }
}

function withoutTag(mp3: Buffer): Buffer {
  return mp3.subarray(id3TagBytes(mp3));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
