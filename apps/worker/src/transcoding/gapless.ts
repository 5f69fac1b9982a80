import type { Gapless } from '../mp3/info-frame.js';
import type { InfoFrame } from '../mp3/mp3-walker.js';
import type { Trim } from '../containers/source-structure.js';

/** Samples that a decoder adds in front, and that players drop in addition to the delay in the tag (528 + 1). */
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

/** Returns which samples players drop at both ends. Null if an MP3 cannot express what the source asks for. */
export function gapless(audio: CopiedAudio): Gapless | null {
  const { trim, sourceInfo, samplesPerFrame, sampleRate } = audio;
  let start = Math.round(trim.startSeconds * sampleRate);
  const stored = (audio.frames + (sourceInfo === null ? 0 : 1)) * samplesPerFrame;
  let end = Math.min(trim.endSeconds === null ? stored : Math.round(trim.endSeconds * sampleRate), stored);
  const discards = trim.discardSeconds.map((seconds) => Math.round(seconds * sampleRate));
  // What is left out must be one piece: of all packets but the first that leave something out, nothing may be left.
  if (discards.some((samples, index) => index > 0 && samples < samplesPerFrame)) return null;
  end -= discards.reduce((sum, samples) => sum + samples, 0);
  if (sourceInfo !== null) {
    if (start === 0) return ofSourceInfo(sourceInfo, audio.frames);
    // The container plays the info frame as silence: what it leaves out must begin behind it.
    if (start < samplesPerFrame) return null;
    start -= samplesPerFrame;
    end -= samplesPerFrame;
  }
  return between(start, end, audio);
}

/** The source's info frame holds as long as all of its frames are here; cut ones still begin where it says. */
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
