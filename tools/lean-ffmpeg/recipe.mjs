import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The recipe of an ffmpeg with what the worker needs and nothing else: audio decoders, MP4, MOV and Matroska, LAME. It
 * has no network, needs no library, and starts in a hundredth of the time of Debian's. Its MP3s have the same bytes.
 * Without `--enable-gpl`, it is under the LGPL.
 */

export const SOURCE_PACKAGES = ['ffmpeg', 'lame'];
/** The assembler, and libraries for compressed MP4 indexes and compressed Matroska tracks. They are not installed. */
export const BUILD_PACKAGES = ['nasm', 'zlib1g-dev', 'libbz2-dev'];

const PCM_FORMATS = [
  ['u8', 's8', 's16le', 's16be', 's24le', 's24be', 's32le', 's32be'],
  ['f32le', 'f32be', 'f64le', 'f64be', 'alaw', 'mulaw'],
].flat();

export const DECODERS = [
  ['aac', 'mp3float', 'mp3', 'mp2float', 'mp2', 'opus', 'vorbis', 'flac', 'alac', 'ac3', 'eac3'],
  ['dca', 'truehd', 'mlp', 'amrnb', 'amrwb'],
  PCM_FORMATS.map((format) => `pcm_${format}`),
].flat();

const COMPONENTS = {
  decoder: DECODERS,
  // The second one is for runs that only report which track ffmpeg chooses.
  encoder: ['libmp3lame', 'pcm_s16le'],
  // With the last one, the worker checks its sandbox.
  demuxer: ['mov', 'matroska', 'ffmetadata'],
  muxer: ['mp3', 'null', 'ffmetadata'],
  parser: ['aac', 'aac_latm', 'ac3', 'amr', 'dca', 'flac', 'mlp', 'mpegaudio', 'opus', 'vorbis'],
  filter: ['aformat', 'anull', 'aresample', 'atrim', 'asetpts', 'volume', 'loudnorm', 'ebur128', 'pan', 'channelmap'],
  protocol: ['file', 'pipe'],
};

const HARDENING = ['-fstack-protector-strong', '-D_FORTIFY_SOURCE=2'];

export const LAME_OPTIONS = [
  ['--disable-shared', '--enable-static', '--with-pic', '--disable-frontend', '--disable-decoder'],
  ['--enable-expopt=no'],
].flat();

/**
 * Returns the programs to build, by file name, with the compiler flags of LAME, which takes most of the time of a
 * conversion. Fused multiply-add would change the bytes of the MP3; on other machines, Debian's LAME has it.
 * @param {string} architecture Node's name of it
 * @returns {Record<string, string[]>}
 */
export function programsFor(architecture) {
  if (architecture !== 'x64') return { ffmpeg: ['-O2', ...HARDENING] };
  const flags = ['-O3', '-ffp-contract=off', ...HARDENING];
  return { ffmpeg: flags, 'ffmpeg-x86-64-v3': ['-march=x86-64-v3', ...flags] };
}

/**
 * @param {{ include: string, lib: string, extraVersion: string }} options the folders, without spaces, of the headers and
 *   static libraries of LAME, zlib and bzip2
 * @returns {string[]} the options of ffmpeg's configure
 */
export function ffmpegOptions({ include, lib, extraVersion }) {
  return [
    ['--disable-everything', '--disable-autodetect', '--disable-network', '--disable-doc', '--disable-debug'],
    ['--disable-programs', '--enable-ffmpeg', '--disable-avdevice', '--disable-swscale', '--disable-postproc'],
    ['--enable-pthreads', '--enable-zlib', '--enable-bzlib', '--enable-libmp3lame'],
    Object.entries(COMPONENTS).map(([kind, names]) => `--enable-${kind}=${names.join(',')}`),
    ['--enable-pic', `--extra-cflags=-fPIE ${HARDENING.join(' ')} -I${include}`, `--extra-ldflags=-L${lib}`],
    // Needs no libraries, and is still loaded at a random address.
    ['--extra-ldexeflags=-static-pie -Wl,-z,relro,-z,now', `--extra-version=${extraVersion}`],
  ].flat();
}

/** Returns a name for all that decides about the programs, except for the versions of the sources. */
export function recipeHash() {
  const hash = createHash('sha256').update(process.arch);
  for (const name of ['recipe.mjs', 'build.mjs']) hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 12);
}
