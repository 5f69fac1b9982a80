import type { FailureParams, FormatName } from '@app/domain';
import { AUDIO_DECODERS } from '../ffmpeg/ffmpeg-arguments.js';
import type { InputStream, LogFacts } from '../ffmpeg/log-facts.js';

/** ffmpeg's names of codecs, by their beginnings. */
const FORMATS: readonly (readonly [prefix: string, name: FormatName])[] = [
  ['ac4', 'AC-4'],
  ['adpcm_', 'ADPCM'],
  ['atrac', 'ATRAC'],
  ['mace', 'MACE'],
  ['musepack', 'Musepack'],
  ['qdm', 'QDesign Music'],
  ['cook', 'RealAudio'],
  ['ra_', 'RealAudio'],
  ['ralf', 'RealAudio'],
  ['sipr', 'RealAudio'],
  ['speex', 'Speex'],
  ['tta', 'TTA'],
  ['wavpack', 'WavPack'],
  ['wma', 'Windows Media Audio'],
];

/** Codecs whose decoders have other names. */
const DECODERS: Readonly<Record<string, string>> = { amr_nb: 'amrnb', amr_wb: 'amrwb', dts: 'dca' };

/** Layouts with more channels have no names, and so no weights to mix them down with. */
const MOST_NAMED_CHANNELS = 8;

export interface UnsupportedAudio {
  readonly params: FailureParams;
  /** For the log. */
  readonly reason: string;
}

/** Returns why the track that ffmpeg chose cannot be converted although it is intact; null if there is no reason. */
export function unsupportedAudio(facts: LogFacts): UnsupportedAudio | null {
  const decoder = facts.choice?.decoder ?? '';
  const { codec = '', layout = '' } = facts.chosen ?? {};
  if (facts.has('noDecoder') && !isDecoded(codec) && !AUDIO_DECODERS.includes(decoder)) {
    return { params: formatParams(codec), reason: `no decoder for ${codec === '' ? 'the audio' : codec}` };
  }
  if (facts.has('noDecoder') && facts.has('usacNotImplemented')) {
    return { params: { format: 'xHE-AAC' }, reason: 'no decoder for xHE-AAC' };
  }
  // ffmpeg has no decoder for the comfort noise that AMR recorders write into pauses.
  if (facts.has('silenceFrames') && decoder.startsWith('amr')) {
    return { params: { format: 'AMR with comfort noise' }, reason: 'AMR with comfort noise' };
  }
  return facts.has('layoutNotMixable') ? { params: layoutParams(layout), reason: `no mix of ${layout}` } : null;
}

/**
 * Returns the number of the track to convert instead of one that cannot be: the first one marked as default, else the
 * one with most channels. Null if there is no other.
 */
export function alternativeTrack({ streams, choice }: LogFacts): number | null {
  const others = streams.filter((stream) => stream.index !== choice?.streamIndex && isConvertible(stream));
  const byChannels = others.toSorted((a, b) => channelsOf(b.layout) - channelsOf(a.layout));
  return (others.find(({ isDefault }) => isDefault) ?? byChannels[0])?.index ?? null;
}

function isConvertible({ type, codec, layout }: InputStream): boolean {
  const channels = channelsOf(layout);
  return type === 'Audio' && isDecoded(codec) && channels > 0 && channels <= MOST_NAMED_CHANNELS;
}

function isDecoded(codec: string): boolean {
  return AUDIO_DECODERS.includes(DECODERS[codec] ?? codec);
}

/** Returns the number of channels of a layout by its ffmpeg name; 0 if it cannot be mixed down, such as ambisonics. */
function channelsOf(layout: string): number {
  const named: Readonly<Record<string, number>> = {
    mono: 1,
    stereo: 2,
    downmix: 2,
    quad: 4,
    hexagonal: 6,
    octagonal: 8,
  };
  const counted = /^(\d+) channels/.exec(layout)?.[1];
  if (counted !== undefined) return Number(counted);
  const [, full, low, top = 0] = /^(\d)\.(\d)(?:\.(\d))?/.exec(layout) ?? [];
  if (full !== undefined) return Number(full) + Number(low) + Number(top);
  return named[/^\w+/.exec(layout)?.[0] ?? ''] ?? 0;
}

function formatParams(codec: string): FailureParams {
  const format = FORMATS.find(([prefix]) => codec.startsWith(prefix))?.[1];
  return format === undefined ? {} : { format };
}

function layoutParams(layout: string): FailureParams {
  if (layout.startsWith('ambisonic')) return { layout: 'ambisonic' };
  const channels = channelsOf(layout);
  return channels > 0 ? { channels } : {};
}
