import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Linux's names of what x86-64-v3 adds; `abm` is LZCNT. */
const V3_FLAGS = ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe'];

/**
 * Returns the program to run. In a folder that `npm run ffmpeg:build` filled, that is the fastest one for this
 * processor: the system's loader does not choose for programs without libraries.
 * @param path FFMPEG_PATH: a name on the PATH, or the absolute path of a program or of such a folder
 */
export function ffmpegProgram(path: string, processor: () => string = thisProcessor): string {
  if (!isAbsolute(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  const fastest = join(path, 'ffmpeg-x86-64-v3');
  const isSuitable = hasV3(processor()) && statSync(fastest, { throwIfNoEntry: false }) !== undefined;
  return isSuitable ? fastest : join(path, 'ffmpeg');
}

function hasV3(description: string): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(description)?.[1]?.trim().split(' ') ?? [];
  return V3_FLAGS.every((flag) => flags.includes(flag));
}

function thisProcessor(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
