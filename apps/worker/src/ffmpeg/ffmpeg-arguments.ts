const CONTAINERS = ['mov', 'matroska', 'webm'];

const PCM_FORMATS = [
  ['u8', 's8', 's16le', 's16be', 's24le', 's24be', 's32le', 's32be'],
  ['f32le', 'f32be', 'f64le', 'f64be', 'alaw', 'mulaw'],
].flat();

/** Audio only: a video decoder that cannot be opened cannot be attacked. */
export const AUDIO_DECODERS: readonly string[] = [
  ['aac', 'mp3float', 'mp3', 'mp2float', 'mp2', 'opus', 'libopus', 'vorbis', 'flac', 'alac', 'ac3', 'eac3'],
  ['dca', 'truehd', 'mlp', 'amrnb', 'amrwb'],
  PCM_FORMATS.map((format) => `pcm_${format}`),
].flat();

const PROGRESS_PERIOD_SECONDS = '0.5';

export interface EncodeArguments {
  readonly sourcePath: string;
  readonly outputPath: string;
  readonly maxDurationSeconds: number;
  /** The number of the track to convert; ffmpeg chooses without one. */
  readonly track?: number;
  /** The space to reserve at the start for a tag that is written later; 0 = none. */
  readonly tagBytes: number;
  /** The part of the audio to encode; all of it without one. */
  readonly section?: AudioSection;
}

/** A part of the audio that goes into the encoder, exact to the sample. */
export interface AudioSection {
  readonly encoder: EncoderInput;
  readonly startSample: number;
  /** Exclusive; null for the end of the audio. */
  readonly endSample: number | null;
}

/** The form to which ffmpeg converts the audio for the encoder. */
export interface EncoderInput {
  readonly sampleRate: number;
  readonly layout: 'mono' | 'stereo';
  /** ffmpeg's name of the sample format, such as `fltp`. */
  readonly format: string;
}

/**
 * The frames that plain `ffmpeg -i source -vn output.mp3` makes, its choice of track included, but none of its tags.
 * One second more than allowed is encoded, so that a source that is too long is detected from what was decoded.
 */
export function encodeArguments({
  sourcePath,
  outputPath,
  maxDurationSeconds,
  tagBytes,
  track,
  section,
}: EncodeArguments): string[] {
  // A tag of filling alone, to be written over: so no large file is written twice.
  const tagRoom = tagBytes === 0 ? ['-id3v2_version', '0'] : ['-metadata_header_padding', String(tagBytes)];
  return [
    reading(sourcePath),
    ['-max_error_rate', '0', '-progress', 'pipe:1', '-stats_period', PROGRESS_PERIOD_SECONDS],
    track === undefined ? [] : ['-map', `0:${track}`],
    ['-vn', '-sn', '-dn', '-t', String(maxDurationSeconds + 1)],
    section === undefined ? [] : ['-af', sectionFilter(section)],
    ['-map_metadata', '-1', '-map_chapters', '-1', ...tagRoom],
    ['-c:a', 'libmp3lame', '-f', 'mp3', '-y', `file:${outputPath}`],
  ].flat();
}

/** Opens the source and reports in the log which track ffmpeg would convert. Converts nothing. */
export function choiceArguments(sourcePath: string): string[] {
  return [...reading(sourcePath), '-vn', '-sn', '-dn', '-t', '0', '-f', 'null', '-'];
}

/** Opens the source and its encoder and reports in the log what the encoder would get. Encodes nothing. */
export function encoderArguments(sourcePath: string): string[] {
  return [...reading(sourcePath), '-vn', '-sn', '-dn', '-t', '0', '-c:a', 'libmp3lame', '-f', 'null', '-'];
}

/** Counts samples after every conversion, as the encoder gets them. Time stamps do not matter: they may have holes. */
function sectionFilter({ encoder, startSample, endSample }: AudioSection): string {
  const { format, sampleRate, layout } = encoder;
  const end = endSample === null ? '' : `:end_sample=${endSample}`;
  return [
    `aformat=sample_fmts=${format}:sample_rates=${sampleRate}:channel_layouts=${layout}`,
    `atrim=start_sample=${startSample}${end}`,
    'asetpts=N/SR/TB',
  ].join(',');
}

function reading(sourcePath: string): string[] {
  return [
    // Every line with its level, none folded into "last message repeated".
    ['-nostdin', '-hide_banner', '-nostats', '-v', 'repeat+level+verbose'],
    ['-protocol_whitelist', 'file', '-format_whitelist', CONTAINERS.join(',')],
    ['-codec_whitelist', AUDIO_DECODERS.join(',')],
    ['-i', `file:${sourcePath}`],
  ].flat();
}
