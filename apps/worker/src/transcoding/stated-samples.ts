import type { StatedTime } from '../containers/source-structure.js';

const OPUS = [120, 240, 480, 960, 1920, 2880, 3840, 4800, 5760];

/** The possible sizes of a packet, in samples of the decoded rate, for codecs whose packets all have the same size. */
const PACKET_SAMPLES: Readonly<Record<string, readonly number[]>> = {
  aac: [480, 512, 960, 1024, 1920, 2048],
  mp3: [576, 1152],
  mp3float: [576, 1152],
  mp2: [576, 1152],
  mp2float: [576, 1152],
  ac3: [1536],
  eac3: [256, 512, 768, 1536],
  dca: [256, 512, 1024, 2048, 4096],
  mlp: [40, 80, 160],
  truehd: [40, 80, 160],
  amrnb: [160],
  amrwb: [320],
  opus: OPUS,
  libopus: OPUS,
};

/** The most by which a typical packet can differ from one of these sizes, besides the rounding of times. */
const LIKENESS = 0.1;
/** A packet is whole if its time is at least this fraction of the usual one. Clocks drift, and times are rounded. */
const WHOLE = 0.75;
/** A packet that is longer than the longest common one by this factor stands before a hole in the track. */
const HOLE = 1.25;
const COMMON_SHARE = 0.005;
/** Recorders can use one clock for time stamps and another for sampling. Quartz clocks are ten times better. */
const CLOCK_DRIFT = 0.0005;
/** Every byte of PCM is a sample, whatever the times say, and cheap capture devices have the worst clocks. */
const PCM_DRIFT = 0.005;

export interface StatedSamples {
  /** The least number of samples, without those missing in holes between time stamps. */
  readonly samples: number;
  /** The number by which the decoded samples can fall short without a loss: one packet. */
  readonly tolerance: number;
}

/** Returns the samples that a decoder produces from a whole track, by the packets' times; null if there are none. */
export function statedSamples(time: StatedTime, decoder: string, rate: number): StatedSamples | null {
  const unitSamples = time.unitSeconds * rate;
  const resolution = time.resolutionSeconds * rate;
  const packets: Packets = { sorted: time.durations.sorted, unstated: time.durations.unstated, unitSamples };
  const usual = median(packets);
  if (usual === null) return null;
  const size = nearest(PACKET_SAMPLES[decoder] ?? [], usual);
  const isAlike = size !== null && Math.abs(usual - size) <= LIKENESS * size + resolution;
  const { samples, tolerance } = isAlike ? ofEqualPackets(packets, size, resolution) : ofTimes(packets, decoder);
  return { samples: samples - time.trimmedSeconds * rate, tolerance: tolerance + 2 * resolution };
}

interface Packets {
  readonly sorted: readonly (readonly [units: number, packets: number])[];
  readonly unstated: number;
  readonly unitSamples: number;
}

/** Counts the same samples for each packet, whatever its time, unless that is much shorter: such a packet is cut. */
function ofEqualPackets({ sorted, unstated, unitSamples }: Packets, size: number, resolution: number): StatedSamples {
  const isCoarse = resolution > size / 4;
  const samples = sorted.reduce((sum, [units, packets]) => {
    const own = units * unitSamples;
    return sum + packets * (isCoarse || own >= WHOLE * size ? size : own);
  }, unstated * size);
  return { samples, tolerance: size };
}

/** Counts samples by the packets' times. A packet before a hole does not count: it can contain any number. */
function ofTimes({ sorted, unitSamples }: Packets, decoder: string): StatedSamples {
  const longest = longestCommon(sorted) * unitSamples;
  const samples = sorted.reduce((sum, [units, packets]) => {
    const own = units * unitSamples;
    return own > HOLE * longest ? sum : sum + packets * own;
  }, 0);
  return { samples, tolerance: longest + samples * (decoder.startsWith('pcm_') ? PCM_DRIFT : CLOCK_DRIFT) };
}

function total(sorted: Packets['sorted']): number {
  return sorted.reduce((sum, [, packets]) => sum + packets, 0);
}

function median({ sorted, unitSamples }: Packets): number | null {
  let rest = total(sorted) / 2;
  for (const [units, packets] of sorted) {
    rest -= packets;
    if (rest <= 0) return units * unitSamples;
  }
  return null;
}

/** Returns the longest time that more than a few packets have. */
function longestCommon(sorted: Packets['sorted']): number {
  let rest = Math.max(2, total(sorted) * COMMON_SHARE);
  for (const [units, packets] of sorted.toReversed()) {
    rest -= packets;
    if (rest <= 0) return units;
  }
  return sorted[0]?.[0] ?? 0;
}

function nearest(sizes: readonly number[], wanted: number): number | null {
  const [best] = sizes.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
  return best ?? null;
}
