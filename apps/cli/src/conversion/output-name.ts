import { basename, extname, join } from 'node:path';
import { printable } from '../screen/printable.js';

/** `video.mp3` for `video.mp4`, as the service names its downloads. */
export function outputName(filename: string): string {
  return `${filename.slice(0, filename.length - extname(filename).length)}.mp3`;
}

/** The place of a file's MP3: beside it, or in a folder. */
export function outputPath(source: string, folder: string | null): string {
  return join(folder ?? join(source, '..'), outputName(basename(source)));
}

/** A name that came from a service: its last part only, never a path. */
export function outputNameFromService(filename: string): string {
  const last =
    printable(filename)
      .split(/[/\\]/)
      .pop()
      ?.replaceAll(/[<>:"|?*]/g, '_')
      .trim() ?? '';
  return outputName(/^\.*$/.test(last) ? 'video' : last);
}

/** Two names that are one file on this system's disks. */
export function collisionKey(path: string, platform = process.platform): string {
  return ['darwin', 'win32'].includes(platform) ? path.normalize('NFC').toLowerCase() : path;
}
