import type { Gapless } from '../mp3/info-frame.js';
import type { InfoFrame } from '../mp3/mp3-walker.js';
import type { Trim } from '../containers/source-structure.js';

/** Samples that a decoder adds at the start. Players skip them in addition to the delay in the tag (528 + 1). */
const DECODER_DELAY = 529;
const FIELD_MAX = 0xfff;

/** The copied frames and their container's statements about them. */
export interface CopiedAudio {
  readonly trim: Trim;
  /** The source's own info frame, which is not copied. */
  readonly sourceInfo: InfoFrame | null;
  /** Without the info frame. */
  readonly frames: number;
  readonly samplesPerFrame: number;
  readonly sampleRate: number;
}

const EVERYTHING: Gapless = { silentFrames: 0, edges: null };

/** Returns the samples that players skip at both ends. Null if an MP3 cannot express this. */
export function gapless(audio: CopiedAudio): Gapless | null {
  const { trim, sourceInfo, samplesPerFrame, sampleRate } = audio;
  let start = Math.round(trim.startSeconds * sampleRate);
  const stored = (audio.frames + (sourceInfo === null ? 0 : 1)) * samplesPerFrame;
  let end = Math.min(trim.endSeconds === null ? stored : Math.round(trim.endSeconds * sampleRate), stored);
  const discards = trim.discardSeconds.map((seconds) => Math.round(seconds * sampleRate));
  // An MP3 can skip only one stretch at the end: after the first shortened packet, all others must be skipped whole.
  if (discards.some((samples, index) => index > 0 && samples < samplesPerFrame)) return null;
  end -= discards.reduce((sum, samples) => sum + samples, 0);
  if (sourceInfo !== null) {
    if (start === 0) return ofSourceInfo(sourceInfo, audio.frames);
    // The container counts the info frame as silence, so it must skip at least that frame.
    if (start < samplesPerFrame) return null;
    start -= samplesPerFrame;
    end -= samplesPerFrame;
  }
  return between(start, end, audio);
}

/** Uses the source's info frame. If frames are missing at the end, only its delay at the start still applies. */
function ofSourceInfo(info: InfoFrame, frames: number): Gapless | null {
  const { delaySamples, paddingSamples } = info;
  if (delaySamples === 0 && paddingSamples === 0) return EVERYTHING;
  if (frames > info.frames) return null;
  const edges = { delaySamples, paddingSamples: frames === info.frames ? paddingSamples : DECODER_DELAY };
  return { silentFrames: 0, edges };
}

function between(start: number, end: number, { frames, samplesPerFrame }: CopiedAudio): Gapless | null {
  const behind = frames * samplesPerFrame - end;
  if (start === 0 && behind === 0) return EVERYTHING;
  const silentFrames = start < DECODER_DELAY ? 1 : 0;
  const edges = {
    delaySamples: start + silentFrames * samplesPerFrame - DECODER_DELAY,
    paddingSamples: behind + DECODER_DELAY,
  };
  const fits = start >= 0 && end > start && behind >= 0;
  return fits && edges.delaySamples <= FIELD_MAX && edges.paddingSamples <= FIELD_MAX ? { silentFrames, edges } : null;
}
