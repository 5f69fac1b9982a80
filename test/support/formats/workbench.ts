import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpeg, makeMedia, sweepSource } from '@app/testing';

export const SECONDS = 2;

/** Splits a command line of ffmpeg options that contain no spaces. */
export const options = (line: string): string[] => line.split(' ');

/** Input options for the test audio. */
export const sweep = (channels = 2, sampleRate = 48_000, seconds = SECONDS): string[] => [
  ...['-f', 'lavfi', '-i'],
  sweepSource(seconds, channels, sampleRate),
];

/** Input options for a tone. */
export const tone = (hertz = 440, seconds = SECONDS, sampleRate = 48_000): string[] => [
  ...['-f', 'lavfi', '-i'],
  `sine=frequency=${hertz}:duration=${seconds}:sample_rate=${sampleRate}`,
];

/** Makes one file. */
export type Make = (bench: Workbench) => Promise<string>;

/** Makes the files that a run uploads. */
export class Workbench {
  private files = 0;

  constructor(private readonly folder: string) {}

  /** Makes a file with these ffmpeg arguments, once for all runs. */
  made(extension: string, ...args: (string | readonly string[])[]): Promise<string> {
    return makeMedia(extension, args.flat());
  }

  /** Makes a file with ffmpeg from a file of this run. */
  async remade(extension: string, ...args: (string | readonly string[])[]): Promise<string> {
    const path = this.path(extension);
    await this.run(...args, '-y', path);
    return path;
  }

  async run(...args: (string | readonly string[])[]): Promise<void> {
    await ffmpeg(args.flat());
  }

  /** Makes a video track of two seconds. */
  video(codec: 'h264' | 'vp8' = 'h264'): Promise<string> {
    const picture = ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=10:d=${SECONDS}`];
    if (codec === 'vp8')
      return this.made('webm', picture, '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8');
    return this.made('mp4', picture, '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10');
  }

  /** Makes a video with audio of the given codec. */
  async clip(extension = 'mp4', ...codec: string[]): Promise<string> {
    const video = await this.video(extension === 'webm' ? 'vp8' : 'h264');
    const streams = [...sweep(), '-i', video, '-map', '1:v', '-map', '0:a', '-c:v', 'copy'];
    return this.made(extension, streams, codec.length === 0 ? ['-c:a', 'aac'] : codec);
  }

  async written(extension: string, content: Buffer | string): Promise<string> {
    const path = this.path(extension);
    await writeFile(path, content);
    return path;
  }

  async changed(source: string, change: (bytes: Buffer) => Buffer): Promise<string> {
    return this.written(source.slice(source.lastIndexOf('.') + 1), change(await readFile(source)));
  }

  /** Concatenates several files of the given kind to one file. */
  async joined(extension: string, ...parts: string[]): Promise<string> {
    return this.written(extension, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  }

  /** Returns the MP3 that plain ffmpeg makes from a source. */
  plain(source: string): Promise<string> {
    return this.remade('mp3', '-i', source, '-vn');
  }

  /** Returns a path that does not exist yet. */
  path(extension: string): string {
    return join(this.folder, `made-${(this.files += 1)}.${extension}`);
  }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
