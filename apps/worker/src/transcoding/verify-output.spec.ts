import { describe, expect, it } from 'vitest';
import type { FfmpegExit } from '../ffmpeg/ffmpeg-process.js';
import { LogFacts } from '../ffmpeg/log-facts.js';
import type { Mp3Summary } from '../mp3/mp3-walker.js';
import { verifyOutput, type Evidence } from './verify-output.js';

const exit: FfmpegExit = { exitCode: 0, signal: null, stoppedBy: null };
const mp3: Mp3Summary = {
  sizeBytes: 45 + 11 * 417,
  tagBytes: 45,
  frames: 10,
  frameBytes: 4170,
  infoFrame: { frames: 10, bytes: 11 * 417, delaySamples: 576, paddingSamples: 944 },
  sampleRate: 44_100,
  samples: 10_000,
  strayAtByte: null,
};
const audioTrack = { isAudio: true, isEncrypted: false, packets: 12, time: null, damage: null };
const videoTrack = { isAudio: false, isEncrypted: false, packets: 300, time: null, damage: null };
const source: Evidence['source'] = { container: 'ebml', tracks: [videoTrack, audioTrack], damage: null };

function facts(overrides: Partial<LogFacts> = {}, ...errors: string[]): LogFacts {
  const whole = Object.assign(new LogFacts(), {
    isInputOpen: true,
    choice: { streamIndex: 1, decoder: 'opus' },
    input: { packets: 12, samples: 10_000, decodeErrors: 0 },
    output: { samples: 10_000, packets: 10, bytes: 4170 },
    decodedRates: new Set([44_100]),
    ...overrides,
  });
  for (const message of errors) whole.read({ source: '', level: 'error', message });
  return whole;
}

function codeOf(overrides: Partial<Evidence> = {}): string | undefined {
  return verifyOutput({ exit, facts: facts(), source, maxDurationMs: 60_000, mp3, ...overrides })?.code;
}

describe('verifyOutput', () => {
  it('finds nothing wrong where everything agrees', () => {
    expect(codeOf()).toBeUndefined();
  });

  it.each([
    ['the wall limit', { stoppedBy: 'timeout' }, 'timed_out'],
    ['the stall limit', { stoppedBy: 'stall' }, 'timed_out'],
    ['the CPU limit', { signal: 'SIGKILL' }, 'resource_limit'],
    ['the file size limit', { signal: 'SIGXFSZ' }, 'resource_limit'],
    ['the CPU limit of an inner process', { exitCode: 137 }, 'resource_limit'],
    ['a program that is not there', { exitCode: 127 }, 'ffmpeg_failed'],
    ['a crash', { signal: 'SIGSEGV' }, 'ffmpeg_failed'],
    ['a plain failure', { exitCode: 1 }, 'ffmpeg_failed'],
  ] as const)('names %s', (_, end, code) => {
    const signal = 'signal' in end ? end.signal : null;
    expect(codeOf({ exit: { ...exit, exitCode: signal === null ? 0 : null, ...end } })).toBe(code);
  });

  it.each([
    ['No space left on device', 'resource_limit'],
    ['Cannot allocate memory', 'resource_limit'],
    ['Input/output error', 'ffmpeg_failed'],
    ["Format not on whitelist 'mov'", 'unsupported_format'],
    ['Output file #0 does not contain any stream', 'no_audio_stream'],
    ['Error while decoding stream #0:1: Invalid data', 'corrupt_source'],
  ])('names "%s", whatever the exit code', (message, code) => {
    expect(codeOf({ facts: facts({}, message) })).toBe(code);
  });

  it('does not blame the memory for a file that is damaged by its own words', () => {
    const wanting = facts({ isInputOpen: false, choice: null }, 'Cannot allocate memory');
    const damaged = { ...source, damage: 'too many tracks' };
    expect(codeOf({ exit: { ...exit, exitCode: 1 }, facts: wanting, source: damaged })).toBe('corrupt_source');
  });

  it('tells a codec that is not read here from a damaged header of one that is', () => {
    const message = 'Error while opening decoder for input stream #0:1 : Invalid argument';
    const failed = { ...exit, exitCode: 1 };
    const wma = facts({ choice: { streamIndex: 1, decoder: 'wmav2' } }, message);
    expect(codeOf({ exit: failed, facts: wma })).toBe('unsupported_format');
    expect(codeOf({ exit: failed, facts: facts({}, message) })).toBe('corrupt_source');
  });

  it('names audio of which its decoder makes nothing', () => {
    const nothing = facts({}, 'Cannot determine format of input stream 0:1 after EOF');
    expect(codeOf({ exit: { ...exit, exitCode: 1 }, facts: nothing, mp3: null })).toBe('corrupt_source');
  });

  it('tells comfort noise in AMR, which ffmpeg cannot decode, from damage', () => {
    const trouble = ['dtx mode is not implemented.', 'Error while decoding stream #0:1: Not yet implemented in FFmpeg'];
    expect(codeOf({ facts: facts({ choice: { streamIndex: 1, decoder: 'amrnb' } }, ...trouble) })).toBe(
      'unsupported_format',
    );
    expect(codeOf({ facts: facts({}, ...trouble) })).toBe('corrupt_source');
  });

  it('names what is no video at all', () => {
    const unknown: Evidence['source'] = { container: 'unknown', tracks: [], damage: null };
    expect(codeOf({ source: unknown, exit: { ...exit, exitCode: 1 }, mp3: null })).toBe('unsupported_format');
  });

  it('names encryption of the chosen track before the noise that it makes', () => {
    const encrypted = { ...audioTrack, isEncrypted: true };
    const noise = facts({}, 'Error while decoding stream #0:1: Invalid data');
    expect(codeOf({ source: { ...source, tracks: [videoTrack, encrypted] }, facts: noise })).toBe('encrypted_media');
    expect(codeOf({ source: { ...source, tracks: [videoTrack, audioTrack, encrypted] } })).toBeUndefined();
  });

  it('decides the length by what was decoded', () => {
    expect(codeOf({ maxDurationMs: 226 })).toBe('too_long');
    expect(codeOf({ maxDurationMs: 227 })).toBeUndefined();
    expect(codeOf({ maxDurationMs: 227, facts: facts({ durationMs: 3_600_000 }) })).toBeUndefined();
  });

  it('takes the damage of the file before a failing disk, and that before the log', () => {
    const broken = { ...source, damage: 'cut' };
    const failing = facts({ demuxerDamage: 'read error' }, 'Input/output error');
    expect(codeOf({ source: broken, facts: failing })).toBe('corrupt_source');
    expect(codeOf({ facts: failing })).toBe('ffmpeg_failed');
  });

  it('misses packets that the file holds and ffmpeg did not deliver', () => {
    expect(codeOf({ facts: facts({ input: { packets: 11, samples: 10_000, decodeErrors: 0 } }) })).toBe(
      'corrupt_source',
    );
    expect(codeOf({ facts: facts({ input: { packets: 13, samples: 10_000, decodeErrors: 0 } }) })).toBeUndefined();
  });

  it('knows a crash over damaged audio', () => {
    const crashed = { exitCode: null, signal: 'SIGABRT', stoppedBy: null } as const;
    expect(codeOf({ exit: crashed, facts: facts({ decoderDamage: 'aac: error' }) })).toBe('corrupt_source');
    expect(codeOf({ exit: crashed })).toBe('ffmpeg_failed');
  });

  it('names a track that holds no audio', () => {
    const silent = facts({ input: { packets: 12, samples: 0, decodeErrors: 0 } });
    expect(codeOf({ facts: silent, mp3: null })).toBe('no_audio_stream');
  });

  it.each<[string, Partial<Mp3Summary>]>([
    ['stray bytes', { strayAtByte: 99 }],
    ['no info frame', { infoFrame: null }],
    ['an info frame of other frames', { frames: 9 }],
    ['an info frame of other bytes', { sizeBytes: 45 + 10 * 417 }],
    ['bytes that were not counted', { frameBytes: 4169 }],
    ['fewer samples than encoded', { samples: 9_999 }],
  ])('does not believe an output with %s', (_, wrong) => {
    expect(codeOf({ mp3: { ...mp3, ...wrong } })).toBe('ffmpeg_failed');
  });

  it('does not believe a run without an output or without counts', () => {
    expect(codeOf({ mp3: null })).toBe('ffmpeg_failed');
    expect(codeOf({ facts: facts({ input: null }) })).toBe('ffmpeg_failed');
    expect(codeOf({ facts: facts({ output: null }) })).toBe('ffmpeg_failed');
  });

  it('compares what was decoded with what was encoded, over a change of sample rate too', () => {
    const decoded = (samples: number, ...rates: number[]): LogFacts =>
      facts({ input: { packets: 12, samples, decodeErrors: 0 }, decodedRates: new Set(rates) });
    expect(codeOf({ facts: decoded(10_001, 44_100) })).toBe('corrupt_source');
    expect(codeOf({ facts: decoded(20_000, 88_200) })).toBeUndefined();
    expect(codeOf({ facts: decoded(21_152, 88_200) })).toBe('corrupt_source');
    expect(codeOf({ facts: decoded(15_000, 88_200, 44_100) })).toBeUndefined();
  });

  it('allows for what ffmpeg itself drops where the channels change, and for no more', () => {
    const changing = (samples: number): LogFacts =>
      facts({ input: { packets: 12, samples, decodeErrors: 0 }, formatChanges: 2 });
    expect(codeOf({ facts: changing(10_000 + 2 * 1151) })).toBeUndefined();
    expect(codeOf({ facts: changing(10_000 + 2 * 1151 + 1) })).toBe('corrupt_source');
    expect(codeOf({ facts: changing(10_000 - 1152) })).toBe('corrupt_source');
  });
});
