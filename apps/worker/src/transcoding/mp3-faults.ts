import type { LogFacts, OutputCounts } from '../ffmpeg/log-facts.js';
import type { Mp3Summary } from '../mp3/mp3-walker.js';

const LONGEST_FRAME_SAMPLES = 1152;

/** Returns what is wrong with the MP3 itself: each byte must belong to a frame, and the info frame must be correct. */
export function fileFault(mp3: Mp3Summary): string | null {
  if (mp3.strayAtByte !== null) return `no frame at byte ${mp3.strayAtByte} of the output`;
  if (mp3.infoFrame === null) return 'the output has no info frame';
  return mismatch([
    ['frames in the info frame', mp3.infoFrame.frames, mp3.frames],
    ['bytes in the info frame', mp3.infoFrame.bytes, mp3.sizeBytes - mp3.tagBytes],
  ]);
}

/** Returns how an MP3 differs from what the encoder wrote. */
export function encodingFault(output: OutputCounts, mp3: Mp3Summary): string | null {
  const fault = fileFault(mp3);
  if (fault !== null) return fault;
  const difference = mismatch([
    ['packets written', output.packets, mp3.frames],
    ['bytes written', output.bytes, mp3.frameBytes],
  ]);
  if (difference !== null || isEncoderPadding(mp3.samples - output.samples)) return difference;
  return `${output.samples} samples encoded, ${mp3.samples} in the output`;
}

/** Returns how many decoded samples the MP3 lacks, in words. */
export function encodingLoss(
  decoded: number,
  { decodedRates, formatChanges }: LogFacts,
  mp3: Mp3Summary,
): string | null {
  const [rate, other] = decodedRates;
  // Resampling can round. If the rate changes within the track, there is no expected number to compare.
  if (rate === undefined || other !== undefined) return null;
  const expected = (decoded * mp3.sampleRate) / rate;
  const tolerance = rate === mp3.sampleRate ? 0 : 1 + expected / 10_000;
  const surplus = mp3.samples - expected;
  // At each change of channels, ffmpeg drops the samples that do not fill a frame of the MP3.
  const dropped = formatChanges * (LONGEST_FRAME_SAMPLES - 1);
  return (surplus <= tolerance && surplus >= -tolerance - dropped) || isEncoderPadding(surplus)
    ? null
    : `${decoded} samples decoded, ${mp3.samples} encoded`;
}

/** Returns true for a surplus that is encoder padding: with rounded times, as in Matroska, ffmpeg keeps some of it. */
function isEncoderPadding(surplus: number): boolean {
  return surplus >= 0 && surplus < LONGEST_FRAME_SAMPLES;
}

function mismatch(pairs: readonly (readonly [string, number, number])[]): string | null {
  const found = pairs.find(([, stated, counted]) => stated !== counted);
  return found === undefined ? null : `${found[0]}: ${found[1]} stated, ${found[2]} found`;
}
