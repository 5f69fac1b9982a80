import { describe, expect, it } from 'vitest';
import { PacketDurations } from '../containers/packet-durations.js';
import type { StatedTime } from '../containers/source-structure.js';
import { statedSamples } from './stated-samples.js';

const RATE = 48_000;
const MILLISECOND = 0.001;

/** A track whose packets begin at these times, as Matroska has it. */
function startingAt(seconds: readonly number[], resolutionSeconds = MILLISECOND): StatedTime {
  const ticks = seconds.map((each) => Math.round(each / resolutionSeconds));
  const durations = new PacketDurations();
  ticks.slice(1).forEach((tick, index) => durations.add(tick - (ticks[index] ?? 0)));
  durations.addUnstated(1);
  return { durations, unitSeconds: resolutionSeconds, resolutionSeconds, trimmedSeconds: 0 };
}

const every = (seconds: number, packets: number): number[] =>
  Array.from({ length: packets }, (_, index) => index * seconds);

/** The number of packets by their times, less those that can be missing without being noticed. */
function required(time: StatedTime, decoder: string, packetSamples: number): number {
  const { samples = 0, tolerance = 0 } = statedSamples(time, decoder, RATE) ?? {};
  return (samples - tolerance) / packetSamples;
}

describe('statedSamples', () => {
  it.each([
    ['aac', 1024],
    ['mp3float', 1152],
    ['ac3', 1536],
    ['opus', 960],
    ['opus', 120],
    ['truehd', 40],
    ['amrnb', 160],
  ])('counts the packets of %s, however times are rounded', (decoder, size) => {
    const time = startingAt(every(size / RATE, 10_000));
    expect(statedSamples(time, decoder, RATE)?.samples).toBe(10_000 * size);
  });

  it.each([-0.002, -0.0003, 0.0003, 0.002])('allows for a clock that is wrong by %d', (drift) => {
    const time = startingAt(every((1024 / RATE) * (1 + drift), 200_000));
    expect(statedSamples(time, 'aac', RATE)?.samples).toBe(200_000 * 1024);
  });

  it('misses what more than one packet holds', () => {
    const needed = required(startingAt(every(0.02, 1000)), 'opus', 960);
    expect(needed).toBeGreaterThan(998);
    expect(needed).toBeLessThanOrEqual(999);
  });

  it('counts no packets into holes, as discontinuous transmission leaves them', () => {
    const speech = every(0.02, 1000).filter((_, index) => index % 100 < 50 || index % 20 === 0);
    expect(statedSamples(startingAt(speech), 'opus', RATE)?.samples).toBe(speech.length * 960);
  });

  it('takes shorter packets between others for what their times say', () => {
    const mixed = [...every(0.02, 500), ...every(0.01, 500).map((time) => 10 + time)];
    expect(statedSamples(startingAt(mixed), 'opus', RATE)?.samples).toBeCloseTo(500 * 960 + 499 * 480 + 960, 5);
  });

  it('leaves out what players leave out', () => {
    const time = { ...startingAt(every(0.02, 100)), trimmedSeconds: 0.0065 };
    expect(statedSamples(time, 'opus', RATE)?.samples).toBe(100 * 960 - 312);
  });

  it('adds up packets of a codec whose packets differ, but for holes and slow clocks', () => {
    let at = 0;
    const times = every(0, 10_000).map((_, index) => (at += index % 3 === 0 ? 576 / RATE : 1024 / RATE));
    const precise = 1 / RATE;
    const all = startingAt(times, precise);
    const { samples = 0, tolerance = 0 } = statedSamples(all, 'vorbis', RATE) ?? {};
    expect(samples).toBeCloseTo((times.at(-1) ?? 0) * RATE - (times[0] ?? 0) * RATE, 3);
    expect(tolerance).toBeLessThan(1024 + 0.001 * samples);
    const holed = startingAt(
      times.filter((_, index) => index % 1000 > 10),
      precise,
    );
    expect(statedSamples(holed, 'vorbis', RATE)?.samples).toBeLessThan(samples * (1 - 0.01));
  });

  it('says nothing of a track without times', () => {
    const time = { ...startingAt([]), durations: new PacketDurations() };
    expect(statedSamples(time, 'aac', RATE)).toBeNull();
  });
});
