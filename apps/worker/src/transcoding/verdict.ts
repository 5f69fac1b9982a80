import type { FailureCode } from '@app/domain';
import type { FfmpegExit } from '../ffmpeg/ffmpeg-process.js';
import type { LogFacts, OutputCounts } from '../ffmpeg/log-facts.js';
import type { Mp3Summary } from '../mp3/mp3-walker.js';
import { SOUND_DECODERS } from '../ffmpeg/ffmpeg-arguments.js';
import type { SourceStructure } from '../containers/source-structure.js';

export interface Evidence {
  readonly exit: FfmpegExit;
  readonly facts: LogFacts;
  readonly source: SourceStructure;
  readonly maxDurationMs: number;
  /** Null when ffmpeg left no file. */
  readonly mp3: Mp3Summary | null;
}

export interface Verdict {
  readonly code: FailureCode;
  /** For the log. */
  readonly reason: string;
}

const RESOURCE_SIGNALS = new Set<string | number>(['SIGKILL', 'SIGXCPU', 'SIGXFSZ', 137, 152, 153]);

/** What launchers answer when the program cannot be run. */
const NEVER_STARTED = new Set<string | number>([126, 127]);

const LONGEST_FRAME_SAMPLES = 1152;

/** Null when the MP3 holds the whole sound of the source; else what to tell the owner. Exit code 0 alone proves nothing. */
export function judge(evidence: Evidence): Verdict | null {
  return stopped(evidence) ?? refused(evidence) ?? damaged(evidence) ?? broken(evidence) ?? incomplete(evidence);
}

function stopped({ exit, facts, source }: Evidence): Verdict | null {
  if (exit.stoppedBy !== null) return { code: 'timed_out', reason: exit.stoppedBy };
  const end = exit.signal ?? exit.exitCode ?? '';
  if (RESOURCE_SIGNALS.has(end)) return { code: 'resource_limit', reason: `ended by ${end}` };
  if (NEVER_STARTED.has(end)) return { code: 'ffmpeg_failed', reason: `never started: exit code ${end}` };
  if (facts.has('noSpace')) return { code: 'resource_limit', reason: 'no space for the output' };
  // Said also where a file declares more than ffmpeg is willing to keep: another try would not help it.
  if (facts.has('noMemory') && source.damage === null) return { code: 'resource_limit', reason: 'no memory' };
  return null;
}

function refused({ facts, source, maxDurationMs, mp3 }: Evidence): Verdict | null {
  if (facts.has('formatRefused') || source.container === 'unknown') {
    return { code: 'unsupported_format', reason: 'not a container that is read here' };
  }
  if (chosenTrack(facts, source)?.isEncrypted ?? source.tracks.some((track) => track.isSound && track.isEncrypted)) {
    return { code: 'encrypted_media', reason: 'encrypted track' };
  }
  if (facts.has('noDecoder') && !SOUND_DECODERS.includes(facts.choice?.decoder ?? '')) {
    return { code: 'unsupported_format', reason: `no decoder for ${facts.chosen?.codec ?? 'the sound'}` };
  }
  // The file is whole: ffmpeg has no decoder for the comfort noise that AMR recorders write into pauses.
  if (facts.has('silenceFrames') && facts.choice?.decoder.startsWith('amr') === true) {
    return { code: 'unsupported_format', reason: 'AMR with comfort noise' };
  }
  if (mp3 !== null && mp3.samples > (maxDurationMs / 1000) * mp3.sampleRate) {
    return { code: 'too_long', reason: `longer than ${maxDurationMs} ms` };
  }
  return null;
}

function damaged({ exit, facts, source }: Evidence): Verdict | null {
  const track = chosenTrack(facts, source);
  const structural = source.damage ?? track?.damage ?? null;
  if (structural !== null) return { code: 'corrupt_source', reason: structural };
  // A whole file that the disk did not give: the next try may be luckier.
  if (facts.has('readError')) return { code: 'ffmpeg_failed', reason: 'the source could not be read' };
  const { packets } = facts.input ?? {};
  const isShort = exit.exitCode === 0 && packets !== undefined && packets < (track?.packets ?? 0);
  const shortage = isShort ? `${packets} of ${track?.packets} packets delivered` : null;
  const reason = facts.demuxerDamage ?? facts.decoderDamage ?? shortage;
  return reason === null ? null : { code: 'corrupt_source', reason };
}

function broken({ exit, facts, mp3 }: Evidence): Verdict | null {
  const isSilent = facts.has('noSound') || (exit.exitCode === 0 && facts.input?.samples === 0);
  if (isSilent) return { code: 'no_audio_stream', reason: 'no sound in the source' };
  if (exit.exitCode === 0) return null;
  if (exit.signal === null && !facts.isInputOpen) return { code: 'corrupt_source', reason: 'ffmpeg cannot open it' };
  if (exit.signal === null && facts.has('noDecoder'))
    return { code: 'corrupt_source', reason: 'unreadable sound header' };
  if (exit.signal === null && facts.has('nothingDecoded'))
    return { code: 'corrupt_source', reason: 'nothing that its decoder can read' };
  const end = exit.signal ?? `exit code ${exit.exitCode}`;
  return { code: 'ffmpeg_failed', reason: `${end}, ${mp3?.sizeBytes ?? 0} bytes written` };
}

function incomplete({ facts, mp3 }: Evidence): Verdict | null {
  const { input, output } = facts;
  if (mp3 === null) return { code: 'ffmpeg_failed', reason: 'no output' };
  if (input === null || output === null) return { code: 'ffmpeg_failed', reason: 'no counts at the end of the log' };
  const fault = outputFault(output, mp3);
  if (fault !== null) return { code: 'ffmpeg_failed', reason: fault };
  // Timestamps that jump past the limit make ffmpeg drop what it decoded: another try would do the same.
  const loss = soundLoss(input.samples, facts, mp3);
  return loss === null ? null : { code: 'corrupt_source', reason: loss };
}

/** Every byte belongs to a frame, and the info frame agrees with the others. */
export function fileFault(mp3: Mp3Summary): string | null {
  if (mp3.strayAtByte !== null) return `no frame at byte ${mp3.strayAtByte} of the output`;
  if (mp3.infoFrame === null) return 'the output has no info frame';
  return mismatch([
    ['frames in the info frame', mp3.infoFrame.frames, mp3.frames],
    ['bytes in the info frame', mp3.infoFrame.bytes, mp3.sizeBytes - mp3.tagBytes],
  ]);
}

/** The file is sound in itself, and it holds what the encoder wrote. */
function outputFault(output: OutputCounts, mp3: Mp3Summary): string | null {
  const fault = fileFault(mp3);
  if (fault !== null) return fault;
  const difference = mismatch([
    ['packets written', output.packets, mp3.frames],
    ['bytes written', output.bytes, mp3.frameBytes],
  ]);
  if (difference !== null || isNearlyAll(mp3.samples - output.samples)) return difference;
  return `${output.samples} samples encoded, ${mp3.samples} in the output`;
}

/** Times that are rounded, as in Matroska, make ffmpeg leave some of the encoder's own filling at the end. */
function isNearlyAll(surplus: number): boolean {
  return surplus >= 0 && surplus < LONGEST_FRAME_SAMPLES;
}

function mismatch(pairs: readonly (readonly [string, number, number])[]): string | null {
  const found = pairs.find(([, said, counted]) => said !== counted);
  return found === undefined ? null : `${found[0]}: ${found[1]} said, ${found[2]} found`;
}

/** All that was decoded is in the output. */
function soundLoss(decoded: number, { decodedRates, soundChanges }: LogFacts, mp3: Mp3Summary): string | null {
  const [rate, other] = decodedRates;
  // Resampling may round; a rate that changes on the way leaves no sum to compare.
  if (rate === undefined || other !== undefined) return null;
  const expected = (decoded * mp3.sampleRate) / rate;
  const tolerance = rate === mp3.sampleRate ? 0 : 1 + expected / 10_000;
  const surplus = mp3.samples - expected;
  // At each change of channels ffmpeg drops what does not fill a frame of the MP3.
  const dropped = soundChanges * (LONGEST_FRAME_SAMPLES - 1);
  return (surplus <= tolerance && surplus >= -tolerance - dropped) || isNearlyAll(surplus)
    ? null
    : `${decoded} samples decoded, ${mp3.samples} encoded`;
}

function chosenTrack(facts: LogFacts, source: SourceStructure): SourceStructure['tracks'][number] | null {
  const track = facts.choice === null ? undefined : source.tracks[facts.choice.streamIndex];
  return track?.isSound === true ? track : null;
}
