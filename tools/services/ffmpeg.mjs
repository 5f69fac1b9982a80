import { findBuiltPrograms } from '../lean-ffmpeg/built-programs.mjs';
import { missingForBuild } from '../lean-ffmpeg/build-tools.mjs';
import { findProgram } from './find-program.mjs';

/**
 * @param {string} [configuredPath] FFMPEG_PATH
 * @returns {string | null}
 */
export function findFfmpeg(configuredPath) {
  return isGiven(configuredPath) ? configuredPath : findProgram('ffmpeg');
}

/**
 * Prefers the programs of `npm run ffmpeg:build` to the system's.
 * @param {string} [configuredPath] FFMPEG_PATH
 * @param {string | null} [builtPrograms]
 * @returns {string | null} a value of FFMPEG_PATH for the worker
 */
export function findConverter(configuredPath, builtPrograms = findBuiltPrograms()) {
  return isGiven(configuredPath) ? configuredPath : (builtPrograms ?? findProgram('ffmpeg'));
}

/** @returns {string | null} a line that offers to build these programs; null if they are there or cannot be built */
export function leanFfmpegOffer() {
  if (findBuiltPrograms() !== null || missingForBuild() !== null) return null;
  return '`npm run ffmpeg:build` makes conversions start faster: it builds a small ffmpeg for this machine (once, about 2 minutes)';
}

/**
 * @param {string} [configuredPath]
 * @returns {configuredPath is string}
 */
function isGiven(configuredPath) {
  return configuredPath !== undefined && configuredPath !== '';
}
