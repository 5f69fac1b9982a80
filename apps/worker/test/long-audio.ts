import { makeMedia } from '@app/testing';

const SECONDS = 30;

/**
 * Sweeps and noise that comes and goes, different in every second. In the pauses, encoders that started at different
 * places come to agree: without them, that depends on details of the audio, which is not the same on every machine.
 */
const GENERATED = [
  `aevalsrc='0.3*sin(2*PI*(200+150*sin(0.7*t))*t)*(0.5+0.5*sin(2*PI*3.1*t))|0.3*sin(2*PI*(300+50*t)*t)*gt(mod(t\\,7)\\,3)'`,
  `s=48000:d=${SECONDS}[tones]`,
].join(':');
const AUDIO = [
  `${GENERATED};anoisesrc=c=pink:a=0.2:r=48000:d=${SECONDS}:s=7,volume='0.05+0.5*gt(mod(t,5),3)*abs(sin(t*2.3))':eval=frame[noise]`,
  `[tones][noise]amix=inputs=2:normalize=0,volume='gt(mod(t,2.5),0.5)':eval=frame`,
].join(';');

/** A WAV that is long enough to be encoded in parts of a few seconds. */
export function makeLongAudio(): Promise<string> {
  return makeMedia('wav', ['-f', 'lavfi', '-i', AUDIO, '-c:a', 'pcm_s16le']);
}
