import type { JoinedPart } from '../mp3/mp3-join.js';

/** The facts for planning the parts, from ffmpeg's log about the source and the encoder. */
export interface PlannedAudio {
  readonly durationMs: number;
  readonly decoder: string;
  /** The sample rate of the MP3. */
  readonly sampleRate: number;
  readonly channels: number;
}

export interface PartPlan {
  readonly samplesPerFrame: number;
  readonly parts: readonly JoinedPart[];
}

/** The conditions for encoding in parts. */
export interface PartRules {
  /** Audio that is shorter is encoded by one process. */
  readonly minDurationMs: number;
  /** The least that a part encodes, in samples of all channels: less is not worth the start of a process. */
  readonly minPartSamples: number;
  readonly maxParts: number;
}

export const PART_RULES: PartRules = {
  minDurationMs: 2 * 60_000,
  minPartSamples: 60 * 48_000 * 2,
  // With more, each part would decode more than it encodes.
  maxParts: 8,
};

/**
 * The least number of frames that are encoded before the start of a part. An encoder that starts within the audio took
 * up to 143 frames to agree with the one that started before it, and up to 292 if frames have few bytes. Longer parts
 * can afford up to twice as many.
 */
const LEAD_IN_FRAMES = { stereo: 294, other: 392 } as const;
const LEAD_IN_SHARE = 1 / 16;
const LOWEST_MPEG_1_RATE = 32_000;
/**
 * At multiples of this rate, some frames are padded, in a pattern that repeats every 49 frames. Encoders agree only if
 * they start at the same point of the pattern.
 */
const PADDED_FAMILY = 11_025;
const PADDING_PERIOD_FRAMES = 49;

/** The time to decode audio in relation to the time to encode it. */
const DECODING_COST: Readonly<Record<string, number>> = {
  ...{ opus: 0.13, libopus: 0.13, ac3: 0.12, eac3: 0.12, dca: 0.12, truehd: 0.12, mlp: 0.12, vorbis: 0.06 },
};
const USUAL_DECODING_COST = 0.04;

/**
 * Divides audio into parts that take about the same time. Each part also decodes everything before it. Returns null if
 * one part is best.
 */
export function planParts(audio: PlannedAudio, mostParts: number, rules = PART_RULES): PartPlan | null {
  const { sampleRate, channels, durationMs, decoder } = audio;
  const isMpeg1 = sampleRate >= LOWEST_MPEG_1_RATE;
  const samplesPerFrame = isMpeg1 ? 1152 : 576;
  const samples = (durationMs / 1000) * sampleRate;
  const most = Math.min(mostParts, rules.maxParts);
  const count = Math.min(most, Math.floor((samples * channels) / rules.minPartSamples));
  if (count < 2 || durationMs < rules.minDurationMs) return null;
  const step = sampleRate % PADDED_FAMILY === 0 ? PADDING_PERIOD_FRAMES : 1;
  const leadIn = leadInFrames(isMpeg1 && channels > 1 ? 'stereo' : 'other', samples / samplesPerFrame / count);
  const starts = partStarts(count, DECODING_COST[decoder] ?? USUAL_DECODING_COST).map(
    (fraction) => Math.round((fraction * samples) / samplesPerFrame / step) * step,
  );
  const parts = starts.map((start, index) => {
    return { start, encodedFrom: Math.max(0, start - leadIn), end: starts[index + 1] ?? null };
  });
  return { samplesPerFrame, parts };
}

/** Returns a multiple of the padding period. */
function leadInFrames(kind: keyof typeof LEAD_IN_FRAMES, partFrames: number): number {
  const least = LEAD_IN_FRAMES[kind];
  const periods = Math.floor((partFrames * LEAD_IN_SHARE) / PADDING_PERIOD_FRAMES);
  return Math.min(2 * least, Math.max(least, periods * PADDING_PERIOD_FRAMES));
}

/** Returns the starts of the parts as fractions of the whole. Later parts are shorter, because they decode more. */
function partStarts(count: number, decodingCost: number): number[] {
  const lengths = Array.from({ length: count }, (_, index) => (1 + decodingCost) ** -index);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let start = 0;
  return lengths.map((length) => {
    const own = start;
    start += length / whole;
    return own;
  });
}
