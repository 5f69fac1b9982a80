import { findProgram } from './find-program.mjs';

/**
 * @param {string} [configuredPath] FFMPEG_PATH
 * @returns {string | null}
 */
export function findFfmpeg(configuredPath) {
  if (configuredPath !== undefined && configuredPath !== '') return configuredPath;
  return findProgram('ffmpeg');
}
