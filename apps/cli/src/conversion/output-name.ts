import { outputName } from '@app/client';
import { printable } from '../screen/printable.js';

/** Returns the name of an MP3 for a name that came from a service: its last part only, never a path. */
export function outputNameFromService(filename: string): string {
  const last =
    printable(filename)
      .split(/[/\\]/)
      .pop()
      ?.replaceAll(/[<>:"|?*]/g, '_')
      .trim() ?? '';
  return outputName(/^\.*$/.test(last) ? 'video' : last);
}

/** Returns the same key for two names that are one file on this system's disks. */
export function collisionKey(path: string, platform = process.platform): string {
  return ['darwin', 'win32'].includes(platform) ? path.normalize('NFC').toLowerCase() : path;
}
