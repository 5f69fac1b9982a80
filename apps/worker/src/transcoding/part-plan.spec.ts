import { describe, expect, it } from 'vitest';
import { PART_RULES, planParts, type PlannedAudio } from './part-plan.js';

const HOUR_MS = 3_600_000;
const stereo: PlannedAudio = { durationMs: HOUR_MS, decoder: 'aac', sampleRate: 48_000, channels: 2 };

const countOf = (audio: Partial<PlannedAudio>, most = 8): number =>
  planParts({ ...stereo, ...audio }, most)?.parts.length ?? 1;

describe('planParts', () => {
  it.each([2, 3, 4, 5, 6, 7, 8])('covers everything with %d parts, each frame once', (most) => {
    const plan = planParts(stereo, most);
    expect(plan?.parts).toHaveLength(most);
    expect(plan?.parts[0]).toMatchObject({ encodedFrom: 0, start: 0 });
    expect(plan?.parts.at(-1)?.end).toBeNull();
    for (const [index, part] of (plan?.parts ?? []).entries()) {
      expect(part.start).toBe(index === 0 ? 0 : plan?.parts[index - 1]?.end);
      expect(Number.isInteger(part.start)).toBe(true);
    }
  });

  it.each<[string, Partial<PlannedAudio>, number, number]>([
    ['2 min of 48 kHz stereo', { durationMs: 120_000 }, 1152, 294],
    ['an hour of 48 kHz stereo', {}, 1152, 588],
    ['5 min of 32 kHz stereo', { durationMs: 300_000, sampleRate: 32_000 }, 1152, 294],
    ['5 min of 44.1 kHz mono', { durationMs: 300_000, sampleRate: 44_100, channels: 1 }, 1152, 392],
    ['2 h of 24 kHz stereo', { durationMs: 2 * HOUR_MS, sampleRate: 24_000 }, 576, 784],
    ['8 min of 22.05 kHz mono', { durationMs: 530_000, sampleRate: 22_050, channels: 1 }, 576, 588],
    ['a day of 8 kHz mono', { durationMs: 24 * HOUR_MS, sampleRate: 8000, channels: 1 }, 576, 784],
  ])('starts each part early enough to agree with its predecessor: %s', (_case, audio, samplesPerFrame, leadIn) => {
    const plan = planParts({ ...stereo, ...audio }, 2);
    expect(plan?.samplesPerFrame).toBe(samplesPerFrame);
    for (const { start, encodedFrom } of plan?.parts.slice(1) ?? []) expect(start - encodedFrom).toBe(leadIn);
  });

  it.each([44_100, 22_050, 11_025])('cuts only where the lengths of frames repeat, at %d Hz', (sampleRate) => {
    const plan = planParts({ ...stereo, durationMs: 3 * HOUR_MS, sampleRate }, 8);
    expect(plan?.parts).toHaveLength(8);
    for (const { start, encodedFrom } of plan?.parts ?? []) expect([start % 49, encodedFrom % 49]).toEqual([0, 0]);
  });

  it.each(['aac', 'opus'])('makes later parts shorter, because they decode more: %s', (decoder) => {
    const cost = decoder === 'opus' ? 0.13 : 0.04;
    const plan = planParts({ ...stereo, decoder }, 4);
    const frames = (HOUR_MS / 1000) * (48_000 / 1152);
    const work = plan?.parts.map(({ start, end }) => (end ?? frames) - start + cost * (end ?? frames)) ?? [];
    expect(Math.max(...work) / Math.min(...work)).toBeLessThan(1.001);
  });

  it('makes no more parts than there are cores, and never more than eight', () => {
    expect(countOf({}, 3)).toBe(3);
    expect(countOf({}, 64)).toBe(8);
    expect(countOf({}, 1)).toBe(1);
  });

  it('gives each part at least a minute of stereo, or as many samples', () => {
    expect(countOf({ durationMs: 119_000 })).toBe(1);
    expect(countOf({ durationMs: 120_000 })).toBe(2);
    expect(countOf({ durationMs: 5 * 60_000 })).toBe(5);
    expect(countOf({ durationMs: 5 * 60_000, channels: 1 })).toBe(2);
    expect(countOf({ durationMs: 5 * 60_000, channels: 1, sampleRate: 8000 })).toBe(1);
  });

  it('follows other rules', () => {
    const rules = { ...PART_RULES, minDurationMs: 2 * HOUR_MS };
    expect(planParts(stereo, 2, rules)).toBeNull();
  });
});
