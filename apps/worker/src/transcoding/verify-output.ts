import type { FailureCode, FailureParams } from '@app/domain';
import type { FfmpegExit } from '../ffmpeg/ffmpeg-process.js';
import type { LogFacts } from '../ffmpeg/log-facts.js';
import type { Mp3Summary } from '../mp3/mp3-walker.js';
import type { SourceStructure, SourceTrack } from '../containers/source-structure.js';
import { encodingFault, encodingLoss } from './mp3-faults.js';
import { statedSamples } from './stated-samples.js';
import { unsupportedAudio } from './unsupported-audio.js';

export interface Evidence {
  readonly exit: FfmpegExit;
  readonly facts: LogFacts;
  readonly source: SourceStructure;
  readonly maxDurationMs: number;
  /** Null if ffmpeg wrote no file. */
  readonly mp3: Mp3Summary | null;
}

export interface VerificationFailure {
  readonly code: FailureCode;
  /** The values that the sentence for the owner contains. */
  readonly params?: FailureParams;
  /** For the log. */
  readonly reason: string;
}

const RESOURCE_SIGNALS = new Set<string | number>(['SIGKILL', 'SIGXCPU', 'SIGXFSZ', 137, 152, 153]);

/** The exit codes of launchers that cannot run the program. */
const NEVER_STARTED = new Set<string | number>([126, 127]);

/** Returns null if the MP3 contains all audio of the source, otherwise the failure. Exit code 0 alone proves nothing. */
export function verifyOutput(evidence: Evidence): VerificationFailure | null {
  return stopped(evidence) ?? rejected(evidence) ?? damaged(evidence) ?? failed(evidence) ?? incomplete(evidence);
}

function stopped({ exit, facts, source }: Evidence): VerificationFailure | null {
  if (exit.stoppedBy !== null) return { code: 'timed_out', reason: exit.stoppedBy };
  const end = exit.signal ?? exit.exitCode ?? '';
  if (RESOURCE_SIGNALS.has(end)) return { code: 'resource_limit', reason: `ended by ${end}` };
  if (NEVER_STARTED.has(end)) return { code: 'ffmpeg_failed', reason: `never started: exit code ${end}` };
  if (facts.has('noSpace')) return { code: 'resource_limit', reason: 'no space for the output' };
  // ffmpeg also logs this if a damaged file declares more data than ffmpeg accepts; retrying will not help then.
  if (facts.has('noMemory') && source.damage === null) return { code: 'resource_limit', reason: 'no memory' };
  return null;
}

function rejected({ facts, source, maxDurationMs, mp3 }: Evidence): VerificationFailure | null {
  if (facts.has('formatRejected') || source.container === 'unknown') {
    return { code: 'unsupported_format', reason: 'not a container that is read here' };
  }
  if (chosenTrack(facts, source)?.isEncrypted ?? source.tracks.some((track) => track.isAudio && track.isEncrypted)) {
    return { code: 'encrypted_media', reason: 'encrypted track' };
  }
  const unsupported = unsupportedAudio(facts);
  if (unsupported !== null) return { code: 'unsupported_format', ...unsupported };
  if (mp3 !== null && mp3.samples > (maxDurationMs / 1000) * mp3.sampleRate) {
    const seconds = Math.floor(maxDurationMs / 1000);
    return { code: 'too_long', params: { seconds }, reason: `longer than ${seconds} s` };
  }
  return null;
}

function damaged(evidence: Evidence): VerificationFailure | null {
  const { facts, source } = evidence;
  const track = chosenTrack(facts, source);
  const structural = source.damage ?? track?.damage ?? null;
  if (structural !== null) return { code: 'corrupt_source', reason: structural };
  // The file is intact, but the disk failed to read it: a retry can succeed.
  if (facts.has('readError')) return { code: 'ffmpeg_failed', reason: 'the source could not be read' };
  const reason = facts.demuxerDamage ?? facts.decoderDamage ?? decodingLoss(evidence, track);
  return reason === null ? null : { code: 'corrupt_source', reason };
}

function failed({ exit, facts, mp3 }: Evidence): VerificationFailure | null {
  const isSilent = facts.has('noAudio') || (exit.exitCode === 0 && facts.input?.samples === 0);
  if (isSilent) return { code: 'no_audio_stream', reason: 'no audio in the source' };
  if (exit.exitCode === 0) return null;
  if (exit.signal === null && !facts.isInputOpen) return { code: 'corrupt_source', reason: 'ffmpeg cannot open it' };
  if (exit.signal === null && facts.has('noDecoder'))
    return { code: 'corrupt_source', reason: 'unreadable audio header' };
  if (exit.signal === null && facts.has('nothingDecoded'))
    return { code: 'corrupt_source', reason: 'nothing that its decoder can read' };
  const end = exit.signal ?? `exit code ${exit.exitCode}`;
  return { code: 'ffmpeg_failed', reason: `${end}, ${mp3?.sizeBytes ?? 0} bytes written` };
}

function incomplete({ facts, mp3 }: Evidence): VerificationFailure | null {
  const { input, output } = facts;
  if (mp3 === null) return { code: 'ffmpeg_failed', reason: 'no output' };
  if (input === null || output === null) return { code: 'ffmpeg_failed', reason: 'no counts at the end of the log' };
  const fault = encodingFault(output, mp3);
  if (fault !== null) return { code: 'ffmpeg_failed', reason: fault };
  // If timestamps jump past the limit, ffmpeg drops decoded audio; retrying will not help.
  const loss = encodingLoss(input.samples, facts, mp3);
  return loss === null ? null : { code: 'corrupt_source', reason: loss };
}

/** Describes how much of the track was not decoded, or returns null. Gaps in the timestamps do not count as loss. */
function decodingLoss({ exit, facts }: Evidence, track: SourceTrack | null): string | null {
  const { choice, input, decodedRates } = facts;
  if (exit.exitCode !== 0 || input === null || choice === null || track === null) return null;
  if (input.packets < (track.packets ?? 0)) return `${input.packets} of ${track.packets} packets delivered`;
  // If the sample rate changes within the track, the lowest rate never overstates the number of samples.
  const rate = Math.min(...decodedRates);
  const stated = track.time === null || !Number.isFinite(rate) ? null : statedSamples(track.time, choice.decoder, rate);
  if (stated === null || input.samples >= stated.samples - stated.tolerance) return null;
  return `${input.samples} samples decoded, ${Math.round(stated.samples)} stated by the container`;
}

function chosenTrack(facts: LogFacts, source: SourceStructure): SourceTrack | null {
  const track = facts.choice === null ? undefined : source.tracks[facts.choice.streamIndex];
  return track?.isAudio === true ? track : null;
}
